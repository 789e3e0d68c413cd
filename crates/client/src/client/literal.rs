//! Parameters as literals in the SQL, for servers that know only the simple query protocol.

use std::borrow::Cow;

use trunkline_proto::frontend::Bind;
use trunkline_proto::{Decode, Format, PortalName, StatementName, frame, sql};

use super::Fault;
use crate::row::{self, Binding, ParamTypes};
use crate::{Params, Result};

/// SQL with its parameters written into it as quoted strings, which the server takes for what the place asks for, as it does with a
/// parameter whose type is left open.
///
/// `strings` and `encoding`: what the server says of `standard_conforming_strings` and `client_encoding`.
///
/// # Errors
///
/// A value cannot be written as text; a backslash would mean something in a string; the SQL names other parameters than there are.
pub(super) fn interpolate<'a, P: Params>(
    text: &'a str,
    params: &P,
    strings: Option<&str>,
    encoding: Option<&str>,
) -> Result<Cow<'a, str>> {
    if params.width() == 0 {
        return Ok(Cow::Borrowed(text));
    }
    if strings != Some("on") {
        return Err(Fault::Interpolation("standard_conforming_strings is not on").into());
    }
    // Elsewhere a quote may be a part of a character (SEC-81).
    if encoding.is_some_and(|encoding| encoding != "UTF8") {
        return Err(Fault::Interpolation("client_encoding is not UTF8").into());
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
    Ok(format!("'{}'", text.replace('\'', "''")))
}
