//! Where in COPY data something is wrong, as PostgreSQL's CONTEXT says it.

use alloc::string::String;
use core::fmt;

/// The most of a line or value that is shown, in bytes.
const SHOWN: usize = 100;

/// The context of an error in COPY data. It prints as PostgreSQL words it.
///
/// ```
/// use trunkline_proto::copy::{Decoder, Options};
///
/// let mut decoder = Decoder::new(Options::text(), 2)?;
/// let row = decoder.decode(&mut &b"seven\tAda\n"[..])?.ok_or("no row")?;
/// assert_eq!(row.context("t").to_string(), "COPY t, line 1: \"seven\tAda\"");
/// assert_eq!(row.column_context("t", "id", 0).to_string(), "COPY t, line 1, column id: \"seven\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Copy, Clone, Debug)]
pub struct Context<'a> {
    table: &'a str,
    line: u64,
    place: Place<'a>,
}

/// How much is known of the place.
#[derive(Copy, Clone, Debug)]
pub(super) enum Place<'a> {
    Number,
    Line(&'a [u8]),
    /// A column's name, and its value if it is text.
    Column(&'a str, Option<Option<&'a [u8]>>),
}

impl<'a> Context<'a> {
    /// Of a row: its number, and the line it came as, if it is known and text.
    #[must_use]
    pub const fn of_line(table: &'a str, line: u64, text: Option<&'a [u8]>) -> Self {
        let place = match text {
            Some(text) => Place::Line(text),
            None => Place::Number,
        };
        Self::new(table, line, place)
    }

    /// Of a column's value: `None` if it is not text, `Some(None)` if it is NULL.
    #[must_use]
    pub const fn of_column(
        table: &'a str,
        line: u64,
        name: &'a str,
        value: Option<Option<&'a [u8]>>,
    ) -> Self {
        Self::new(table, line, Place::Column(name, value))
    }

    pub(super) const fn new(table: &'a str, line: u64, place: Place<'a>) -> Self {
        Self { table, line, place }
    }

    /// Enough of a line to show it: one byte more than is shown tells that there was more.
    pub(super) fn excerpt(text: &[u8]) -> &[u8] {
        text.get(..=SHOWN).unwrap_or(text)
    }
}

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "COPY {}, line {}", self.table, self.line)?;
        match self.place {
            Place::Number => Ok(()),
            Place::Line(text) => write!(f, ": \"{}\"", Shown(text)),
            Place::Column(name, None) => write!(f, ", column {name}"),
            Place::Column(name, Some(None)) => write!(f, ", column {name}: null input"),
            Place::Column(name, Some(Some(value))) => {
                write!(f, ", column {name}: \"{}\"", Shown(value))
            }
        }
    }
}

/// Text, cut between two characters if it is long.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut end) = (self.0.len() > SHOWN).then_some(SHOWN) else {
            return f.write_str(&String::from_utf8_lossy(self.0));
        };
        while end > 0 && self.0.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end -= 1;
        }
        let shown = self.0.get(..end).unwrap_or_default();
        write!(f, "{}...", String::from_utf8_lossy(shown))
    }
}
