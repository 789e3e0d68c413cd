//! The header line of text and CSV, where it must have the names of the columns.

use alloc::string::String;

use super::error::Fault;
use super::options::{Header, Options};
use super::row::Row;

/// What differs between the line's fields, of which there are `found`, and the names that the options ask for.
pub(super) fn compare(options: &Options, line: Row<'_>, found: usize) -> Option<Fault> {
    let Header::Match(names) = &options.header else {
        return None;
    };
    let expected = names.len();
    if found != expected {
        return Some(Fault::HeaderCount { found, expected });
    }
    let mut pairs = line.iter().zip(names).enumerate();
    let (place, (field, name)) =
        pairs.find(|(_, (field, name))| *field != Some(name.as_slice()))?;
    let (column, expected) = (place + 1, lossy(name));
    Some(match field {
        Some(field) => Fault::HeaderName {
            column,
            found: lossy(field),
            expected,
        },
        None => Fault::HeaderNull {
            column,
            null: lossy(options.null_bytes()),
            expected,
        },
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
