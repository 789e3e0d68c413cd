//! Where a text has its parameters.

use core::ops::Range;

use super::lexer::{Kind, Lexer};

/// The parameters of a text, such as `$1`, each with its place in bytes and its number: those in quotes and comments are none.
///
/// ```
/// use trunkline_proto::sql;
///
/// let found: Vec<_> = sql::parameters("select $2, '$1' -- $3").collect();
/// assert_eq!(found, [(7..9, 2)]);
/// ```
pub fn parameters(sql: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    let mut lexer = Lexer::new(sql);
    core::iter::from_fn(move || {
        loop {
            let token = lexer.token()?;
            if token.kind != Kind::Other {
                continue;
            }
            let number = lexer.text(token).strip_prefix('$');
            if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
                return Some((token.start..token.end, number));
            }
        }
    })
}
