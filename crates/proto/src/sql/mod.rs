//! As much of SQL's text as the protocol needs: where a statement ends, and which statements steer transactions.
//!
//! A Query message may hold several statements ([`split`]), and some statements change the state that ReadyForQuery reports or the
//! names that Parse and Bind make ([`Control`]). Everything else in a statement is the business of whoever runs it.
//!
//! Both read PostgreSQL's lexical rules (PostgreSQL docs 4.1) with `standard_conforming_strings` on, borrow from the text, and
//! allocate nothing unless a quoted name must have its doubled quotes undone.

mod control;
mod cursor;
mod keywords;
mod lexer;
mod list;
mod literal;
mod midway;
mod parameters;
mod split;
#[cfg(test)]
mod tests;

pub use control::{Control, Discard, Isolation, Modes};
pub use cursor::{Cursor, Direction};
pub use lexer::Unterminated;
pub use list::List;
pub use literal::{Literal, LiteralKind};
pub use midway::commits_midway;
pub use parameters::{Obstacle, obstacle, parameters};
pub use split::{Split, Statement, plain, split};

/// The 1-based number of the character at byte `offset` of `sql`: what the field `P` of an ErrorResponse counts.
///
/// ```
/// use trunkline_proto::sql::position;
///
/// assert_eq!(position("select 'é' frm", 12), 12);
/// assert_eq!(position("select 'é' frm", 0), 1);
/// ```
#[must_use]
pub fn position(sql: &str, offset: usize) -> usize {
    1 + sql
        .bytes()
        .take(offset)
        .filter(|byte| !is_continuation(*byte))
        .count()
}

/// Whether the byte goes on with a character of UTF-8 that an earlier one began.
const fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}
