//! The error that a session answers with.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use trunkline_proto::SqlState;
use trunkline_proto::backend::{Report, Severity};
use trunkline_types::{DecodeError, EncodeError, copy};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An answer with an SQLSTATE: what the client sees when a statement, a login or a connection fails.
///
/// The severity is not a part of it: it follows from the moment (an error before the session exists is FATAL). Errors
/// of other kinds become XX000 by [`Error::internal`] (or `?` on an [`std::io::Error`]): they are logged with their
/// cause, and the client is told nothing of the internals.
///
/// ```
/// use trunkline_server::{Error, SqlState};
///
/// let error = Error::new(SqlState::UNIQUE_VIOLATION, "duplicate key value violates unique constraint \"people_pkey\"")
///     .detail("Key (id)=(1) already exists.")
///     .table("people")
///     .constraint("people_pkey");
/// assert_eq!(error.sqlstate(), SqlState::UNIQUE_VIOLATION);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    sqlstate: SqlState,
    message: Cow<'static, str>,
    detail: Option<String>,
    hint: Option<String>,
    context: Option<String>,
    position: Option<u32>,
    internal: Option<(u32, String)>,
    schema: Option<String>,
    table: Option<String>,
    column: Option<String>,
    data_type: Option<String>,
    constraint: Option<String>,
    routine: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    severity: Option<Severity>,
    fatal: bool,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, text: impl Into<String>) -> Self {
                self.0.$name = Some(without_nul(text.into()));
                self
            }
        )*
    };
}

impl Error {
    /// An error with its SQLSTATE and primary message: one line, no full stop, no newline.
    pub fn new(sqlstate: SqlState, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            sqlstate,
            message: without_nul(message.into()),
            detail: None,
            hint: None,
            context: None,
            position: None,
            internal: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
            routine: None,
            source: None,
            severity: None,
            fatal: false,
        }))
    }

    /// XX000 "internal error": the cause goes to the log, not to the client.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut error = Self::new(SqlState::INTERNAL_ERROR, "internal error");
        error.0.source = Some(cause.into());
        error
    }

    /// 0A000: the server does not do this.
    pub fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(SqlState::FEATURE_NOT_SUPPORTED, message)
    }

    texts! {
        /// A secondary message with the particulars; may have several lines.
        detail,
        /// What to do about it.
        hint,
        /// Where it happened: a call stack, newest first, or the line of a COPY.
        context,
        /// The schema the error is about.
        schema,
        /// The table the error is about.
        table,
        /// The column the error is about.
        column,
        /// The data type the error is about.
        data_type,
        /// The constraint that was violated.
        constraint,
        /// The function that reports the error. Some drivers tell errors of one SQLSTATE apart by the names that PostgreSQL's
        /// functions have: `RevalidateCachedQuery` means that a statement must be prepared again.
        routine,
    }

    /// Where in the statement's text the error lies, in characters (not bytes), the first being 1.
    ///
    /// The position counts from the beginning of the text that [`Session::prepare`](crate::Session::prepare) was
    /// given; the library adds the place of that text within a Query of several statements.
    #[must_use]
    pub fn position(mut self, characters: u32) -> Self {
        self.0.position = Some(characters);
        self
    }

    /// The statement that failed was not the client's but one that the service made up on its way: its text, and where in
    /// it the error lies, in characters from 1.
    #[must_use]
    pub fn internal_query(mut self, characters: u32, text: impl Into<String>) -> Self {
        self.0.internal = Some((characters, without_nul(text.into())));
        self
    }

    /// The severity of a notice, where it is not NOTICE (or WARNING, for an SQLSTATE of class 01). That of an error
    /// follows from the moment.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = Some(severity.min(Severity::Warning));
        self
    }

    /// Keeps the cause for the log; the client does not see it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(cause.into());
        self
    }

    /// Ends the session with this error: it is sent with severity FATAL, and the connection closes.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.0.fatal = true;
        self
    }

    /// The SQLSTATE.
    #[must_use]
    pub fn sqlstate(&self) -> SqlState {
        self.0.sqlstate
    }

    /// The primary message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The bytes that it takes, more or less.
    pub(crate) fn size(&self) -> usize {
        let inner = &*self.0;
        let texts = [
            &inner.detail,
            &inner.hint,
            &inner.context,
            &inner.schema,
            &inner.table,
            &inner.column,
            &inner.data_type,
            &inner.constraint,
        ];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Inner>() + inner.message.len() + texts
    }

    pub(crate) fn is_fatal(&self) -> bool {
        self.0.fatal
    }

    /// Moves the position by the characters that stand before the statement in the client's text (rule ER-06).
    pub(crate) fn shift(mut self, characters: u32) -> Self {
        if let Some(position) = &mut self.0.position {
            *position = position.saturating_add(characters);
        }
        self
    }

    /// Writes the cause to the log, which is the only place where it is seen.
    pub(crate) fn log(&self) {
        if let Some(cause) = &self.0.source {
            tracing::error!(sqlstate = %self.0.sqlstate, error = %self.0.message, %cause, "statement failed");
        } else if self.0.sqlstate == SqlState::INTERNAL_ERROR {
            tracing::error!(error = %self.0.message, "statement failed");
        } else {
            tracing::debug!(sqlstate = %self.0.sqlstate, error = %self.0.message, "statement failed");
        }
    }

    /// Hands the fields to the encoder. The severity is that of a notice; for an error the machine sets it.
    pub(crate) fn with_report<R>(&self, encode: impl FnOnce(&Report<'_>) -> R) -> R {
        fn bytes(text: &Option<String>) -> Option<&[u8]> {
            text.as_deref().map(str::as_bytes)
        }
        let inner = &*self.0;
        let severity = match (inner.severity, inner.sqlstate.class()) {
            (Some(severity), _) => severity,
            (None, "01") => Severity::Warning,
            (None, _) => Severity::Notice,
        };
        let mut report = Report::new(severity, inner.sqlstate, inner.message.as_bytes());
        report.detail = bytes(&inner.detail);
        report.hint = bytes(&inner.hint);
        report.context = bytes(&inner.context);
        report.position = inner.position;
        if let Some((position, query)) = &inner.internal {
            report.internal_position = Some(*position);
            report.internal_query = Some(query.as_bytes());
        }
        report.schema = bytes(&inner.schema);
        report.table = bytes(&inner.table);
        report.column = bytes(&inner.column);
        report.data_type = bytes(&inner.data_type);
        report.constraint = bytes(&inner.constraint);
        report.routine = bytes(&inner.routine);
        encode(&report)
    }
}

/// A text as a message can carry it: a NUL byte would end it early. One that came from the client must not keep the
/// client from being told what was wrong with it.
fn without_nul<T: AsRef<str> + From<String>>(text: T) -> T {
    if text.as_ref().contains('\0') {
        text.as_ref().replace('\0', "\u{FFFD}").into()
    } else {
        text
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        let mut f = f.debug_struct("Error");
        f.field("sqlstate", &inner.sqlstate)
            .field("message", &inner.message);
        for (name, text) in [
            ("detail", &inner.detail),
            ("hint", &inner.hint),
            ("context", &inner.context),
            ("schema", &inner.schema),
            ("table", &inner.table),
            ("column", &inner.column),
            ("data_type", &inner.data_type),
            ("constraint", &inner.constraint),
        ] {
            if let Some(text) = text {
                f.field(name, text);
            }
        }
        if let Some(position) = inner.position {
            f.field("position", &position);
        }
        if let Some(source) = &inner.source {
            f.field("source", source);
        }
        f.finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::internal(error)
    }
}

impl From<DecodeError> for Error {
    #[cold]
    fn from(error: DecodeError) -> Self {
        Self::new(error.sqlstate(), error.to_string())
    }
}

impl From<EncodeError> for Error {
    #[cold]
    fn from(error: EncodeError) -> Self {
        Self::new(error.sqlstate(), error.to_string())
    }
}

impl From<copy::Error> for Error {
    #[cold]
    fn from(error: copy::Error) -> Self {
        hinted(error.sqlstate(), error.to_string(), error.hint())
    }
}

impl From<trunkline_proto::copy::Error> for Error {
    #[cold]
    fn from(error: trunkline_proto::copy::Error) -> Self {
        hinted(error.sqlstate(), error.to_string(), error.hint())
    }
}

impl From<trunkline_proto::copy::InvalidOptions> for Error {
    #[cold]
    fn from(error: trunkline_proto::copy::InvalidOptions) -> Self {
        Self::new(error.sqlstate(), error.to_string())
    }
}

fn hinted(sqlstate: SqlState, message: String, hint: Option<&'static str>) -> Error {
    let error = Error::new(sqlstate, message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
