//! Every transition of the client machine after login, in one place.
//!
//! Replies come in the order of the requests, so that only the oldest unanswered [`Request`] and how far its answer has come,
//! its [`Turn`], decide what may come next.
//!
//! ```text
//!  Parse, Bind, Close        ─ 1, 2, 3 ─▶ answered
//!  Describe a statement      ─ t ─▶ Described ─ T, n ─▶ answered
//!  Describe a portal         ─ T, n ─▶ answered
//!  Execute      ─ D* ─▶ Rows ─ C, s ─▶ answered           (or C, I, s without rows, or a COPY)
//!  Query        ─ (T D* C | C | I | a COPY)* ─▶ Between ─ Z ─▶ answered
//!  FunctionCall ─ V ─▶ Called ─ Z ─▶ answered
//!  Sync         ─ Z ─▶ answered
//!
//!  a COPY:  G ─▶ CopyIn ─ our c or f ─▶ Tag ─ C ─▶
//!           H ─▶ CopyOut ─ d* c ─▶ Tag ─ C ─▶                 (within a Query also T or another H: BASE_BACKUP)
//!           W ─▶ CopyBoth ─ d* c ─▶ Drained ─ d*, then results ─▶
//!
//!  E:  Query, FunctionCall, Sync ─▶ Ready ─ Z ─▶ answered     (and again E, if the server fails to clean up)
//!      the others: they and all that follow up to Sync are answered by it
//! ```

use crate::frontend::Target;

/// A request, as far as the order of its replies is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Request {
    Parse,
    Bind,
    DescribeStatement,
    DescribePortal,
    Execute,
    Close,
    Sync,
    Query,
    FunctionCall,
}

impl Request {
    /// Describe of what is described.
    pub(super) const fn describe(target: Target<'_>) -> Self {
        match target {
            Target::Statement(_) => Self::DescribeStatement,
            Target::Portal(_) => Self::DescribePortal,
        }
    }

    /// Whether an error makes the server discard everything up to Sync.
    pub(super) const fn is_extended(self) -> bool {
        !matches!(self, Self::Sync | Self::Query | Self::FunctionCall)
    }
}

/// How far the answer to a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing of it is here.
    Start,
    /// ParameterDescription is here, a description of the rows is due.
    Described,
    /// Rows, then what ends them.
    Rows,
    /// One result of a Query is whole; another may follow.
    Between,
    /// The server waits for our data.
    CopyIn,
    /// The server sends data.
    CopyOut,
    /// Both send data.
    CopyBoth,
    /// The server's data in a COPY in both directions is over; a last piece may straggle in (rule RB-07).
    Drained,
    /// The data of a COPY is over, its CommandComplete is due.
    Tag,
    /// The server's data within a Query is over. BASE_BACKUP goes on with a result set, or before PostgreSQL 15 with the next COPY.
    Copied,
    /// A function has returned; its transaction may still fail before ReadyForQuery.
    Called,
    /// Only ReadyForQuery is due.
    Ready,
}

/// A backend message, as far as the order of messages is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    ParseComplete,
    BindComplete,
    CloseComplete,
    ParameterDescription,
    RowDescription,
    NoData,
    DataRow,
    CommandComplete,
    EmptyQuery,
    PortalSuspended,
    FunctionResult,
    CopyIn,
    CopyOut,
    CopyBoth,
    CopyData,
    CopyDone,
    Ready,
}

/// What a reply makes of the oldest request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// More of the answer is due.
    On(Turn),
    /// The answer is whole.
    Answered,
}

/// The step that `reply` makes; `None` if it is not due.
#[inline]
pub(super) const fn step(request: Request, turn: Turn, reply: Reply) -> Option<Step> {
    use Step::{Answered, On};
    Some(match (request, turn, reply) {
        (Request::Execute | Request::Query, Turn::Rows, Reply::DataRow) => On(Turn::Rows),
        (Request::Parse, Turn::Start, Reply::ParseComplete)
        | (Request::Bind, Turn::Start, Reply::BindComplete)
        | (Request::Close, Turn::Start, Reply::CloseComplete)
        | (Request::DescribeStatement, Turn::Described, Reply::RowDescription | Reply::NoData)
        | (Request::DescribePortal, Turn::Start, Reply::RowDescription | Reply::NoData)
        | (Request::Sync, Turn::Start, Reply::Ready)
        | (_, Turn::Ready | Turn::Called, Reply::Ready)
        | (Request::Query, Turn::Between, Reply::Ready) => Answered,
        (Request::DescribeStatement, Turn::Start, Reply::ParameterDescription) => {
            On(Turn::Described)
        }
        (Request::FunctionCall, Turn::Start, Reply::FunctionResult) => On(Turn::Called),
        (Request::Execute, _, _) => return execute(turn, reply),
        (Request::Query, _, _) => return query(turn, reply),
        _ => return None,
    })
}

#[inline]
const fn execute(turn: Turn, reply: Reply) -> Option<Step> {
    Some(match (turn, reply) {
        (Turn::Start, Reply::DataRow) => Step::On(Turn::Rows),
        (
            Turn::Start | Turn::Rows | Turn::Tag | Turn::CopyBoth | Turn::Drained,
            Reply::CommandComplete,
        )
        | (Turn::Start | Turn::Rows, Reply::PortalSuspended)
        | (Turn::Start, Reply::EmptyQuery) => Step::Answered,
        (Turn::Start, _) => return begin_copy(reply),
        _ => return copy(turn, reply),
    })
}

#[inline]
const fn query(turn: Turn, reply: Reply) -> Option<Step> {
    Some(match (turn, reply) {
        (Turn::Start | Turn::Between | Turn::Drained | Turn::Copied, Reply::RowDescription) => {
            Step::On(Turn::Rows)
        }
        // Without its CopyDone a walsender's COPY ends when the server shuts down (rule RB-09).
        (
            Turn::Start
            | Turn::Between
            | Turn::Rows
            | Turn::Tag
            | Turn::Copied
            | Turn::CopyBoth
            | Turn::Drained,
            Reply::CommandComplete,
        )
        | (Turn::Start | Turn::Between, Reply::EmptyQuery) => Step::On(Turn::Between),
        (Turn::CopyOut, Reply::CopyDone) => Step::On(Turn::Copied),
        (Turn::Copied, Reply::CopyOut) => Step::On(Turn::CopyOut),
        (Turn::Start | Turn::Between, _) => return begin_copy(reply),
        _ => return copy(turn, reply),
    })
}

const fn begin_copy(reply: Reply) -> Option<Step> {
    match reply {
        Reply::CopyIn => Some(Step::On(Turn::CopyIn)),
        Reply::CopyOut => Some(Step::On(Turn::CopyOut)),
        Reply::CopyBoth => Some(Step::On(Turn::CopyBoth)),
        _ => None,
    }
}

#[inline]
const fn copy(turn: Turn, reply: Reply) -> Option<Step> {
    match (turn, reply) {
        (Turn::CopyOut | Turn::CopyBoth | Turn::Drained, Reply::CopyData) => Some(Step::On(turn)),
        (Turn::CopyOut, Reply::CopyDone) => Some(Step::On(Turn::Tag)),
        (Turn::CopyBoth, Reply::CopyDone) => Some(Step::On(Turn::Drained)),
        _ => None,
    }
}

/// What is due, in words.
pub(super) const fn expected(request: Option<Request>, turn: Turn) -> &'static str {
    let Some(request) = request else {
        return "nothing: no request is unanswered";
    };
    match (request, turn) {
        (_, Turn::Ready | Turn::Called) | (Request::Sync, _) => "ReadyForQuery",
        (_, Turn::Tag | Turn::Copied) => "the CommandComplete of a COPY",
        (_, Turn::CopyIn) => "an error or nothing while the data of a COPY is sent",
        (_, Turn::CopyOut | Turn::CopyBoth) => "the data of a COPY",
        (_, Turn::Drained) => "the end of a COPY",
        (_, Turn::Rows) => "rows, then CommandComplete",
        (_, Turn::Described) => "RowDescription or NoData",
        (Request::Parse, _) => "ParseComplete",
        (Request::Bind, _) => "BindComplete",
        (Request::Close, _) => "CloseComplete",
        (Request::DescribeStatement, _) => "ParameterDescription",
        (Request::DescribePortal, _) => "RowDescription or NoData",
        (Request::Execute, _) => "the result of Execute",
        (Request::Query, Turn::Between) => "another result of the Query, or ReadyForQuery",
        (Request::Query, _) => "the result of a Query",
        (Request::FunctionCall, _) => "FunctionCallResponse",
    }
}
