//! Constants, as far as an argument of EXECUTE is one.

use alloc::borrow::Cow;
use alloc::string::String;

use super::lexer::{Kind, Lexer};

/// A constant and the type that it is cast to, if it is: `1`, `-2.5e3`, `'text'`, `E'a\n'`, `$$text$$`, `TRUE`, `NULL`, `'now'::date`.
///
/// ```
/// use trunkline_proto::sql::{Literal, LiteralKind};
///
/// let literal = Literal::parse("'it''s'::varchar(10)").unwrap();
/// assert_eq!((literal.kind, &*literal.text), (LiteralKind::String, "it's"));
/// assert_eq!(literal.cast, Some("varchar(10)"));
///
/// assert_eq!(Literal::parse("1 + 1"), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Literal<'a> {
    /// What it is.
    pub kind: LiteralKind,
    /// The value, in text; empty for NULL.
    pub text: Cow<'a, str>,
    /// The type behind `::`, as written.
    pub cast: Option<&'a str>,
}

/// What a constant is written as.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum LiteralKind {
    /// `NULL`.
    Null,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// A decimal number, perhaps with a sign.
    Number,
    /// A string: it is of whatever type is wanted.
    String,
}

impl<'a> Literal<'a> {
    /// Reads an expression. `None` if it is more than a constant, or one in a form that is not known: bit strings, `U&''`, numbers that
    /// are not decimal.
    #[must_use]
    pub fn parse(expression: &'a str) -> Option<Self> {
        let mut lexer = Lexer::new(expression);
        let token = lexer.token()?;
        let text = lexer.text(token);
        let (kind, text, end) = match token.kind {
            Kind::Word if text.eq_ignore_ascii_case("null") => {
                (LiteralKind::Null, Cow::Borrowed(""), token.end)
            }
            Kind::Word if text.eq_ignore_ascii_case("true") => {
                (LiteralKind::Boolean, Cow::Borrowed("true"), token.end)
            }
            Kind::Word if text.eq_ignore_ascii_case("false") => {
                (LiteralKind::Boolean, Cow::Borrowed("false"), token.end)
            }
            Kind::String => (LiteralKind::String, doubled(text)?, token.end),
            Kind::Dollar => (LiteralKind::String, dollar(text)?, token.end),
            Kind::Other if text.starts_with(['e', 'E']) => {
                (LiteralKind::String, escaped(text.get(1..)?)?, token.end)
            }
            Kind::Symbol(sign @ (b'-' | b'+')) => {
                let start = lexer.token()?.start;
                let number = number(expression.get(start..)?)?;
                let text = if sign == b'-' {
                    Cow::Owned(["-", number].concat())
                } else {
                    Cow::Borrowed(number)
                };
                (LiteralKind::Number, text, start + number.len())
            }
            Kind::Other | Kind::Symbol(b'.') => {
                let number = number(expression.get(token.start..)?)?;
                let end = token.start + number.len();
                (LiteralKind::Number, Cow::Borrowed(number), end)
            }
            _ => return None,
        };
        let rest = expression.get(end..)?;
        let cast = match Lexer::new(rest).token() {
            None => None,
            Some(colon) => Some(
                rest.get(colon.start..)?
                    .strip_prefix("::")
                    .map(str::trim)
                    .filter(|cast| !cast.is_empty() && cast.chars().all(names_type))?,
            ),
        };
        Some(Self { kind, text, cast })
    }
}

/// Whether the name of a type may have this in it.
fn names_type(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ' ' | '.' | '"' | '(' | ')' | ',' | '[' | ']')
}

/// The decimal number that a text begins with.
fn number(text: &str) -> Option<&str> {
    let digits = |from: usize| {
        let count = text
            .bytes()
            .skip(from)
            .take_while(u8::is_ascii_digit)
            .count();
        from + count
    };
    let whole = digits(0);
    let mut end = whole;
    let mut found = whole > 0;
    if text.as_bytes().get(end) == Some(&b'.') {
        end = digits(whole + 1);
        found |= end > whole + 1;
    }
    if !found {
        return None;
    }
    if matches!(text.as_bytes().get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.as_bytes().get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    // Letters right behind it make it something else: hexadecimal, or an error.
    let junk = text
        .get(end..)?
        .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
    text.get(..end).filter(|_| !junk)
}

/// What stands between single quotes.
fn doubled(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(if inner.contains('\'') {
        Cow::Owned(inner.replace("''", "'"))
    } else {
        Cow::Borrowed(inner)
    })
}

/// What stands between dollar quotes.
pub(super) fn dollar(quoted: &str) -> Option<Cow<'_, str>> {
    let tag = quoted.get(1..)?.find('$')? + 2;
    Some(Cow::Borrowed(quoted.get(tag..quoted.len() - tag)?))
}

/// What stands between single quotes behind an `E` (PostgreSQL docs 4.1.2.2). `None` for an escape that makes no character.
fn escaped(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find(['\\', '\'']) {
        out.push_str(rest.get(..at)?);
        let quote = rest.get(at..)?.starts_with('\'');
        let code = rest.get(at + 1..)?.chars().next()?;
        rest = rest.get(at + 1 + code.len_utf8()..)?;
        match code {
            // The string ends here, and another piece follows.
            code if quote && code != '\'' => return None,
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => out.push(code_point(&mut rest, 4)?),
            'U' => out.push(code_point(&mut rest, 8)?),
            // These are bytes, which may be parts of a character only together with others.
            'x' | '0'..='7' => return None,
            // A backslash, a quote (doubled or escaped), and whatever means itself.
            code => out.push(code),
        }
    }
    out.push_str(rest);
    Some(Cow::Owned(out))
}

/// A character by so many hexadecimal digits.
fn code_point(rest: &mut &str, digits: usize) -> Option<char> {
    let code = rest.get(..digits)?;
    if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    *rest = rest.get(digits..)?;
    char::from_u32(u32::from_str_radix(code, 16).ok()?).filter(|c| *c != '\0')
}
