//! SQLSTATE codes: five characters that say what went wrong (PostgreSQL docs, appendix A).

mod table;

use core::fmt;
use core::str;

/// An SQLSTATE: five characters out of `0`–`9` and `A`–`Z`, the first two of which are the class.
///
/// Every condition that PostgreSQL knows is a constant; any other code of the right shape can be made
/// with [`TryFrom`], since servers may define their own.
///
/// ```
/// use trunkline_proto::SqlState;
///
/// assert_eq!(SqlState::UNIQUE_VIOLATION.as_str(), "23505");
/// assert_eq!(SqlState::UNIQUE_VIOLATION.class(), "23");
/// assert_eq!(SqlState::try_from("23505")?.name(), Some("unique_violation"));
/// # Ok::<(), trunkline_proto::InvalidSqlState>(())
/// ```
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct SqlState([u8; 5]);

/// What a code of the table is raised as.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum SqlStateKind {
    /// Class 00: the command did what was asked.
    Success,
    /// Classes 01 and 02: sent in a notice.
    Warning,
    /// Every other class: ends the command.
    Error,
}

impl SqlState {
    /// The five characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor admits ASCII only.
        str::from_utf8(&self.0).unwrap_or("XX000")
    }

    /// The five characters as bytes, as they go on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 5] {
        &self.0
    }

    /// The first two characters: `23` is integrity constraint violation, `08` connection exception.
    #[must_use]
    pub fn class(&self) -> &str {
        self.as_str().get(..2).unwrap_or("XX")
    }

    /// The condition's name as PL/pgSQL spells it (`unique_violation`), if PostgreSQL defines the code.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.name)
    }

    /// Whether PostgreSQL raises the code as success, warning or error; `None` for codes outside its table.
    #[must_use]
    pub fn kind(self) -> Option<SqlStateKind> {
        self.entry().map(|entry| entry.kind)
    }

    /// Every condition of PostgreSQL's table, in the order of the codes.
    ///
    /// A few codes have two conditions; [`name`](Self::name) answers with the first.
    pub fn all() -> impl ExactSizeIterator<Item = (Self, &'static str)> {
        table::TABLE.iter().map(|entry| (entry.state, entry.name))
    }

    fn entry(self) -> Option<&'static Entry> {
        let first = table::TABLE.partition_point(|entry| entry.state < self);
        table::TABLE.get(first).filter(|entry| entry.state == self)
    }
}

/// Text that is not five characters out of `0`–`9` and `A`–`Z`.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct InvalidSqlState;

impl fmt::Display for InvalidSqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an SQLSTATE must be five characters out of 0-9 and A-Z")
    }
}

impl core::error::Error for InvalidSqlState {}

impl TryFrom<&[u8]> for SqlState {
    type Error = InvalidSqlState;

    fn try_from(code: &[u8]) -> Result<Self, InvalidSqlState> {
        let code = <[u8; 5]>::try_from(code).map_err(|_| InvalidSqlState)?;
        let legal = code
            .iter()
            .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        legal.then_some(Self(code)).ok_or(InvalidSqlState)
    }
}

impl TryFrom<&str> for SqlState {
    type Error = InvalidSqlState;

    fn try_from(code: &str) -> Result<Self, InvalidSqlState> {
        Self::try_from(code.as_bytes())
    }
}

impl str::FromStr for SqlState {
    type Err = InvalidSqlState;

    fn from_str(code: &str) -> Result<Self, InvalidSqlState> {
        Self::try_from(code)
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "SqlState({self} {name})"),
            None => write!(f, "SqlState({self})"),
        }
    }
}

struct Entry {
    state: SqlState,
    name: &'static str,
    kind: SqlStateKind,
}

/// Makes the constants and the table out of the generated list.
macro_rules! states {
    (@kind success) => { super::SqlStateKind::Success };
    (@kind warning) => { super::SqlStateKind::Warning };
    (@kind error) => { super::SqlStateKind::Error };
    ($($code:literal $constant:ident $name:literal $kind:ident;)+) => {
        impl super::SqlState {
            $(
                #[doc = concat!("`", $code, "`: ", $name, " (", stringify!($kind), ").")]
                pub const $constant: Self = Self::from_literal($code);
            )+
        }

        pub(super) static TABLE: &[super::Entry] = &[
            $(super::Entry {
                state: super::SqlState::$constant,
                name: $name,
                kind: states!(@kind $kind),
            },)+
        ];
    };
}
use states;

impl SqlState {
    const fn from_literal(code: &str) -> Self {
        match code.as_bytes().first_chunk() {
            Some(bytes) if code.len() == 5 => Self(*bytes),
            _ => panic!("a code of the table has five characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn the_table_is_complete_and_sorted() {
        let codes = SqlState::all().map(|(state, _)| state);
        assert!(codes.len() >= 260, "{} conditions", codes.len());
        assert!(codes.is_sorted());
        for (state, name) in SqlState::all() {
            assert_eq!(SqlState::try_from(state.as_str()), Ok(state), "{name}");
            assert!(state.kind().is_some());
        }
    }

    #[test]
    fn codes_have_names() {
        for (code, name) in [
            ("00000", "successful_completion"),
            ("08P01", "protocol_violation"),
            ("25P04", "transaction_timeout"),
            ("2203A", "sql_json_member_not_found"),
            ("57P05", "idle_session_timeout"),
            ("XX000", "internal_error"),
        ] {
            assert_eq!(SqlState::try_from(code).map(SqlState::name), Ok(Some(name)));
        }
        assert_eq!(SqlState::QUERY_CANCELED.as_str(), "57014");
        assert_eq!(SqlState::WARNING.kind(), Some(SqlStateKind::Warning));
    }

    #[test]
    fn other_codes_have_none() {
        let own = SqlState::try_from("ZZ123");
        assert_eq!(own.map(SqlState::name), Ok(None));
        assert_eq!(format!("{:?}", own), "Ok(SqlState(ZZ123))");
    }

    #[test]
    fn other_shapes_are_refused() {
        for code in ["", "2350", "235055", "2350a", "2350 ", "2350\0", "2350é"] {
            assert_eq!(SqlState::try_from(code), Err(InvalidSqlState), "{code:?}");
        }
    }
}
