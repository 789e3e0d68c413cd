//! Parameters as literals in the SQL, for servers that know only the simple query protocol.

use std::borrow::Cow;
use std::fmt::Write;

use trunkline_proto::frontend::Bind;
use trunkline_proto::{Decode, Format, PortalName, StatementName, frame, sql};

use super::Fault;
use crate::row::{self, Binding, ParamTypes};
use crate::{Params, Result};

/// SQL with its parameters written into it as quoted strings, which the server takes for what the place asks for, as it does with a
/// parameter whose type is left open.
///
/// The strings mean the same under every `standard_conforming_strings` and `client_encoding`: what the server says of them now tells
/// nothing, because requests that are under way may change them before it reads this one (SEC-81, SEC-92).
///
/// # Errors
///
/// A value cannot be written as text; the SQL names other parameters than there are, or has strings that would not be so certain.
pub(super) fn interpolate<'a, P: Params>(text: &'a str, params: &P) -> Result<Cow<'a, str>> {
    if params.width() == 0 {
        return Ok(Cow::Borrowed(text));
    }
    if let Some(obstacle) = sql::obstacle(text) {
        return Err(Fault::Interpolation(match obstacle {
            sql::Obstacle::Neighbour => "one stands beside a string or another one, with nothing between",
            _ => "a string in it has a backslash before a quote, which not every session reads alike: write it as E'...', with \\\\ for a backslash",
        })
        .into());
    }
    let literals = literals(params)?;
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    let mut named = 0;
    for (place, number) in sql::parameters(text) {
        let literal = number
            .checked_sub(1)
            .and_then(|index| literals.get(index))
            .ok_or(Fault::Interpolation("it names one that was not given"))?;
        result.push_str(text.get(done..place.start).unwrap_or_default());
        // A name or number before it would swallow the quote, and one behind it too.
        result.push(' ');
        result.push_str(literal);
        result.push(' ');
        done = place.end;
        named = named.max(number);
    }
    if named != literals.len() {
        return Err(Fault::Interpolation("it names fewer than were given").into());
    }
    result.push_str(text.get(done..).unwrap_or_default());
    Ok(Cow::Owned(result))
}

/// Each parameter as a literal.
fn literals<P: Params>(params: &P) -> Result<Vec<String>> {
    let binding = Binding {
        portal: PortalName::UNNAMED,
        statement: StatementName::UNNAMED,
        types: ParamTypes::First(&[]),
        format: Format::Text,
        results: &[],
    };
    let mut message = Vec::new();
    row::bind(&binding, params, &mut message)?;
    let body = message.get(frame::HEADER_LEN..).unwrap_or_default();
    let bind = Bind::decode(body).map_err(|_| Fault::Interpolation("they are too many"))?;
    bind.params.iter().map(literal).collect()
}

fn literal(value: Option<&[u8]>) -> Result<String> {
    let Some(value) = value else {
        return Ok("NULL".into());
    };
    let text = std::str::from_utf8(value)
        .map_err(|_| Fault::Interpolation("a value is not text in UTF-8"))?;
    if text.contains('\0') {
        return Err(Fault::Interpolation("a value has a NUL in it").into());
    }
    Ok(quoted(text))
}

/// In plain ASCII, and without a backslash but in `E'…'`, where it is always an escape (PostgreSQL docs 4.1.2.2).
fn quoted(text: &str) -> String {
    let plain = text.bytes().all(|byte| byte.is_ascii() && byte != b'\\');
    let mut quoted = String::with_capacity(text.len() + 3);
    quoted.push_str(if plain { "'" } else { "E'" });
    for letter in text.chars() {
        match letter {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            ascii if ascii.is_ascii() => quoted.push(ascii),
            other => {
                // To write into a string does not fail.
                let _ = match u32::from(other) {
                    code @ 0..=0xFFFF => write!(quoted, "\\u{code:04X}"),
                    code => write!(quoted, "\\U{code:08X}"),
                };
            }
        }
    }
    quoted.push('\'');
    quoted
}
