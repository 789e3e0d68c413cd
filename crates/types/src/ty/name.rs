//! Type names as people and the catalog write them.

use alloc::string::String;

use super::Type;

/// Spellings of SQL's grammar that are neither the catalog's name nor the one PostgreSQL prints.
const ALIASES: &[(&str, Type)] = &[
    ("int", Type::INT4),
    ("decimal", Type::NUMERIC),
    ("dec", Type::NUMERIC),
    ("float", Type::FLOAT8),
    ("char", Type::BPCHAR),
    ("nchar", Type::BPCHAR),
    ("national char", Type::BPCHAR),
    ("national character", Type::BPCHAR),
    ("char varying", Type::VARCHAR),
    ("nchar varying", Type::VARCHAR),
    ("national char varying", Type::VARCHAR),
    ("national character varying", Type::VARCHAR),
    ("timestamp without time zone", Type::TIMESTAMP),
    ("time without time zone", Type::TIME),
    ("\"char\"", Type::CHAR),
];

pub(super) fn lookup(name: &str) -> Option<Type> {
    let (name, modifier) = normalize(name);
    let mut name = name.as_str();
    let mut is_array = false;
    while let Some(rest) = name.strip_suffix(']') {
        let (rest, bound) = rest.rsplit_once('[')?;
        if !bound.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        is_array = true;
        name = rest.trim_end();
    }
    let name = name.strip_prefix("pg_catalog.").unwrap_or(name);
    let scalar = ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map(|(_, ty)| *ty)
        .or_else(|| {
            Type::ALL
                .iter()
                .copied()
                .find(|ty| ty.name() == name || ty.sql_name() == name)
        })?;
    // SQL's float(n) counts bits: up to 24 fit a real.
    let scalar = match modifier {
        Some(bits) if name == "float" && bits <= 24 => Type::FLOAT4,
        _ => scalar,
    };
    if is_array && scalar.element().is_none() {
        scalar.array()
    } else {
        Some(scalar)
    }
}

/// Lower case, single blanks, and no `(…)` modifiers; the first number of the modifier is returned beside.
fn normalize(name: &str) -> (String, Option<u32>) {
    let mut out = String::with_capacity(name.len());
    let mut modifier = None;
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('(') {
        let Some((inside, after)) = after.split_once(')') else {
            break;
        };
        push_words(&mut out, before);
        modifier = inside.split(',').next().and_then(|n| n.trim().parse().ok());
        rest = after;
    }
    push_words(&mut out, rest);
    (out, modifier)
}

fn push_words(out: &mut String, text: &str) {
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() && !word.starts_with('[') {
            out.push(' ');
        }
        out.extend(word.chars().map(|c| c.to_ascii_lowercase()));
    }
}
