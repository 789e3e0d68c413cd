//! Comma-separated lists, by the source text of their items.

use super::lexer::{Kind, Lexer};

/// The items of a parenthesized list as the text has them: the arguments of EXECUTE, the types of PREPARE.
///
/// ```
/// use trunkline_proto::sql::Control;
///
/// let Some(Control::Execute { arguments, .. }) = Control::parse("execute p (1, f(2, 3), 'a,b')") else { panic!() };
/// assert_eq!(arguments.iter().collect::<Vec<_>>(), ["1", "f(2, 3)", "'a,b'"]);
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct List<'a> {
    /// What stands between the parentheses; empty if there is no list.
    pub source: &'a str,
}

impl<'a> List<'a> {
    /// The items, without the blanks around them.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut rest = Some(self.source).filter(|source| !source.is_empty());
        core::iter::from_fn(move || {
            let text = rest?;
            let (item, after) = match comma(text) {
                Some(at) => (text.get(..at), text.get(at + 1..)),
                None => (Some(text), None),
            };
            rest = after;
            item.map(str::trim)
        })
    }

    /// Whether there are no items.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.source.is_empty()
    }
}

/// The first comma that is not within parentheses or brackets.
fn comma(text: &str) -> Option<usize> {
    let mut lexer = Lexer::new(text);
    let mut depth = 0_usize;
    loop {
        let token = lexer.token()?;
        match token.kind {
            Kind::Symbol(b',') if depth == 0 => return Some(token.start),
            Kind::Symbol(b'(' | b'[') => depth += 1,
            Kind::Symbol(b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
}
