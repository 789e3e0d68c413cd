//! Every transition of the server machine after login, in one place.
//!
//! Two values say where a session stands: the [`Phase`] decides what the frontend may send, [`Owed`] what the backend must
//! still answer before the next request is taken.
//!
//! ```text
//!                        Parse Bind Describe Execute Close          1 2 3 t T n D C I s
//!                     ┌──────────────────────────────────┐   ┌───────────────────────────────┐
//!                     │                                  ▼   │                               │
//!  login ─▶ Opening ─Z─▶ Ready ◀──────────────── owes one answer ──E──▶ Skipping ──Sync──▶ owes Z
//!                     ▲  │  │                             │   ▲                               │
//!                     │  │  └─ Query ─▶ owes results ──E──┼───┼─────▶ owes Z ◀── Sync ────────┤
//!                     │  │               (T D* C | C | I)*│   │                               │
//!                     │  └─ FunctionCall ─▶ owes V ───────┘   └── c, f ── CopyIn ◀── G ───────┤
//!                     └───────────────────────────── Z ─────────────────────────────────────┘
//!
//!  any ── X, or a FATAL error ──▶ Closed
//! ```

use super::Misuse;

/// What the frontend may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Logged in; ParameterStatus, BackendKeyData and the first ReadyForQuery are still to go out.
    Opening,
    /// Any command.
    Ready,
    /// An extended message failed: everything up to Sync is discarded (rule EQ-30).
    Skipping,
    /// CopyData, CopyDone and CopyFail; Flush and Sync are ignored (rule CP-02).
    CopyIn,
    /// Nothing is read for the command; rows go out as CopyData.
    CopyOut,
    /// CopyData and CopyDone in both directions.
    CopyBoth,
    /// Nothing any more.
    Closed,
}

/// What the backend must send before the next request is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    Nothing,
    /// Only an error is due: the message itself was malformed and has no answer of its own.
    Complaint,
    ParseComplete,
    BindComplete,
    CloseComplete,
    /// ParameterDescription, then a description of the rows.
    Parameters,
    /// RowDescription or NoData.
    Description,
    /// DataRow*, then CommandComplete, EmptyQueryResponse or PortalSuspended; or a COPY.
    Execution,
    /// The first result of a simple Query; even an empty one has an answer.
    Results,
    /// Further results of a simple Query, any number, then ReadyForQuery.
    MoreResults,
    /// DataRow*, then CommandComplete, within a simple Query.
    Rows,
    /// The CommandComplete that ends a COPY.
    CopyTag(Path),
    FunctionResult,
    /// ReadyForQuery, and before it one error if Sync itself failed.
    Ready,
    /// ReadyForQuery and nothing else: the error is out.
    Settled,
}

/// Which query protocol a COPY runs under; it decides what an error does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Simple,
    Extended,
}

/// A backend message, as far as the order of messages is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
    CopyInResponse,
    CopyOutResponse,
    CopyBothResponse,
    CopyData,
    CopyDone,
}

/// The position of a session: the machine's whole state after login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) phase: Phase,
    pub(super) owed: Owed,
}

impl Position {
    pub(super) const OPENING: Self = Self {
        phase: Phase::Opening,
        owed: Owed::Ready,
    };

    /// The position after sending `kind`.
    #[inline]
    pub(super) fn after(self, kind: Kind) -> Result<Self, Misuse> {
        let owed = match (self.owed, kind) {
            (Owed::Execution, Kind::DataRow) => Owed::Execution,
            (Owed::Rows, Kind::DataRow) => Owed::Rows,
            (Owed::ParseComplete, Kind::ParseComplete)
            | (Owed::BindComplete, Kind::BindComplete)
            | (Owed::CloseComplete, Kind::CloseComplete)
            | (Owed::Description, Kind::RowDescription | Kind::NoData)
            | (Owed::Execution, Kind::CommandComplete | Kind::EmptyQuery | Kind::PortalSuspended)
            | (Owed::CopyTag(Path::Extended), Kind::CommandComplete) => Owed::Nothing,
            (Owed::Parameters, Kind::ParameterDescription) => Owed::Description,
            (Owed::Results | Owed::MoreResults, Kind::RowDescription) => Owed::Rows,
            (Owed::Results | Owed::MoreResults, Kind::CommandComplete | Kind::EmptyQuery)
            | (Owed::Rows | Owed::CopyTag(Path::Simple), Kind::CommandComplete) => {
                Owed::MoreResults
            }
            (Owed::FunctionResult, Kind::FunctionResult) => Owed::Ready,
            _ => return self.copy(kind),
        };
        if !matches!(self.phase, Phase::Ready) {
            return Err(Misuse::OutOfOrder);
        }
        Ok(Self { owed, ..self })
    }

    /// The COPY messages, which change the phase.
    #[cold]
    fn copy(self, kind: Kind) -> Result<Self, Misuse> {
        let path = match self.owed {
            Owed::Execution => Path::Extended,
            Owed::Results | Owed::MoreResults => Path::Simple,
            Owed::CopyTag(path) => path,
            _ => return Err(Misuse::OutOfOrder),
        };
        let phase = match (self.phase, kind) {
            (Phase::Ready, Kind::CopyInResponse) => Phase::CopyIn,
            (Phase::Ready, Kind::CopyOutResponse) => Phase::CopyOut,
            (Phase::Ready, Kind::CopyBothResponse) => Phase::CopyBoth,
            (Phase::CopyOut | Phase::CopyBoth, Kind::CopyData) => return Ok(self),
            (Phase::CopyOut | Phase::CopyBoth, Kind::CopyDone) => Phase::Ready,
            _ => return Err(Misuse::OutOfOrder),
        };
        // Once a COPY has begun only its tag is due: a second G or H in its place would desynchronise the frontend.
        if self.phase == Phase::Ready && matches!(self.owed, Owed::CopyTag(_)) {
            return Err(Misuse::OutOfOrder);
        }
        Ok(Self {
            phase,
            owed: Owed::CopyTag(path),
        })
    }

    /// The position after an ErrorResponse of severity ERROR.
    pub(super) fn after_error(self) -> Result<Self, Misuse> {
        if self.phase == Phase::Closed {
            return Err(Misuse::OutOfOrder);
        }
        match self.owed {
            Owed::Complaint
            | Owed::ParseComplete
            | Owed::BindComplete
            | Owed::CloseComplete
            | Owed::Parameters
            | Owed::Description
            | Owed::Execution
            | Owed::CopyTag(Path::Extended) => Ok(Self {
                phase: Phase::Skipping,
                owed: Owed::Nothing,
            }),
            Owed::Results
            | Owed::MoreResults
            | Owed::Rows
            | Owed::FunctionResult
            | Owed::CopyTag(Path::Simple)
            | Owed::Ready => Ok(Self {
                phase: if self.phase == Phase::Opening {
                    Phase::Opening
                } else {
                    Phase::Ready
                },
                owed: Owed::Settled,
            }),
            Owed::Nothing | Owed::Settled => Err(Misuse::OutOfOrder),
        }
    }

    /// The position after ReadyForQuery.
    #[inline]
    pub(super) fn after_ready(self) -> Result<Self, Misuse> {
        match (self.phase, self.owed) {
            (Phase::Opening | Phase::Ready, Owed::Ready | Owed::Settled | Owed::MoreResults) => {
                Ok(Self {
                    phase: Phase::Ready,
                    owed: Owed::Nothing,
                })
            }
            _ => Err(Misuse::OutOfOrder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A request may still be unanswered when the session ends; its error must not open the session again.
    #[test]
    fn nothing_follows_the_end() {
        for owed in [Owed::Execution, Owed::Results, Owed::Ready, Owed::Complaint] {
            let closed = Position {
                phase: Phase::Closed,
                owed,
            };
            assert_eq!(closed.after_error(), Err(Misuse::OutOfOrder));
            assert_eq!(closed.after_ready(), Err(Misuse::OutOfOrder));
            assert_eq!(closed.after(Kind::DataRow), Err(Misuse::OutOfOrder));
        }
    }
}
