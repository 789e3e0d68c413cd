//! Strings, patterns, digests.

use md5::{Digest, Md5};
use regex::{Regex, RegexBuilder};
use rusqlite::types::{Value, ValueRef};
use sha2::Sha256;
use trunkline_server::{Error, Result, SqlState};

use super::{Args, Registry, bool_value, text_value};

/// The longest string that a function makes.
const LIMIT: usize = 256 << 20;

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    patterns(registry)?;
    registry.strict("tl_lower", 1, |a| text_value(a.text(0)?.to_lowercase()))?;
    registry.strict("tl_upper", 1, |a| text_value(a.text(0)?.to_uppercase()))?;
    registry.strict("tl_initcap", 1, |a| {
        let mut inside = false;
        let mut out = String::new();
        for c in a.text(0)?.chars() {
            if inside {
                out.extend(c.to_lowercase())
            } else {
                out.extend(c.to_uppercase())
            }
            inside = c.is_alphanumeric();
        }
        text_value(out)
    })?;
    registry.strict("tl_substring", 2, |a| {
        text_value(substring(&a.text(0)?, a.integer(1)?, None)?)
    })?;
    registry.strict("tl_substring", 3, |a| {
        text_value(substring(&a.text(0)?, a.integer(1)?, Some(a.integer(2)?))?)
    })?;
    registry.strict("tl_left", 2, |a| {
        let text = a.text(0)?;
        let keep = count(&text, a.integer(1)?);
        text_value(text.chars().take(keep).collect::<String>())
    })?;
    registry.strict("tl_right", 2, |a| {
        let text = a.text(0)?;
        let length = text.chars().count();
        let keep = count(&text, a.integer(1)?);
        text_value(text.chars().skip(length - keep).collect::<String>())
    })?;
    for (name, left) in [("tl_lpad", true), ("tl_rpad", false)] {
        for arity in [2, 3] {
            registry.strict(name, arity, move |a| {
                let fill = if a.len() > 2 {
                    a.text(2)?.into_owned()
                } else {
                    " ".to_owned()
                };
                text_value(pad(&a.text(0)?, a.integer(1)?, &fill, left)?)
            })?;
        }
    }
    registry.strict("tl_repeat", 2, |a| {
        let (text, times) = (a.text(0)?, usize::try_from(a.integer(1)?).unwrap_or(0));
        limited(text.len().saturating_mul(times))?;
        text_value(text.repeat(times))
    })?;
    registry.strict("tl_reverse", 1, |a| {
        text_value(a.text(0)?.chars().rev().collect::<String>())
    })?;
    registry.strict("tl_translate", 3, |a| {
        let (from, to): (Vec<char>, Vec<char>) =
            (a.text(1)?.chars().collect(), a.text(2)?.chars().collect());
        let map = |c: char| match from.iter().position(|f| *f == c) {
            Some(at) => to.get(at).copied(),
            None => Some(c),
        };
        text_value(a.text(0)?.chars().filter_map(map).collect::<String>())
    })?;
    registry.strict("tl_split_part", 3, |a| {
        let (text, separator, n) = (a.text(0)?, a.text(1)?, a.integer(2)?);
        if n == 0 {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "field position must not be zero",
            ));
        }
        let parts: Vec<&str> = if separator.is_empty() {
            vec![&text]
        } else {
            text.split(separator.as_ref()).collect()
        };
        let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
        let at = if n > 0 { n - 1 } else { count + n };
        text_value(
            usize::try_from(at)
                .ok()
                .and_then(|at| parts.get(at).copied())
                .unwrap_or_default(),
        )
    })?;
    registry.strict("tl_starts_with", 2, |a| {
        bool_value(a.text(0)?.starts_with(a.text(1)?.as_ref()))
    })?;
    for arity in [3, 4] {
        registry.strict("tl_overlay", arity, |a| {
            let (text, new, from) = (a.text(0)?, a.text(1)?, a.integer(2)?);
            let length = if a.len() > 3 {
                a.integer(3)?
            } else {
                i64::try_from(new.chars().count()).unwrap_or(0)
            };
            let head = substring(&text, 1, Some((from - 1).max(0)))?;
            let tail = substring(&text, from.saturating_add(length), None)?;
            text_value(head + &new + &tail)
        })?;
    }
    registry.strict("tl_md5", 1, |a| text_value(hex(&Md5::digest(bytes(a, 0)))))?;
    registry.strict("tl_sha256", 1, |a| {
        Ok(Value::Blob(Sha256::digest(bytes(a, 0)).to_vec()))
    })?;
    registry.strict("tl_to_hex", 1, |a| {
        text_value(format!("{:x}", a.integer(0)?))
    })?;
    registry.strict("tl_encode", 2, |a| {
        match a.text(1)?.to_lowercase().as_str() {
            "hex" => text_value(hex(bytes(a, 0))),
            other => Err(encoding(other)),
        }
    })?;
    registry.strict("tl_decode", 2, |a| {
        match a.text(1)?.to_lowercase().as_str() {
            "hex" => crate::engines::sqlite::value::input(
                &format!("\\x{}", a.text(0)?),
                trunkline_server::Type::BYTEA,
                -1,
                true,
            ),
            other => Err(encoding(other)),
        }
    })?;
    registry.strict("tl_quote_ident", 1, |a| {
        let text = a.text(0)?;
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        text_value(if plain {
            text.into_owned()
        } else {
            format!("\"{}\"", text.replace('"', "\"\""))
        })
    })?;
    registry.strict("tl_quote_literal", 1, |a| {
        text_value(format!("'{}'", a.text(0)?.replace('\'', "''")))
    })?;
    registry.lenient("tl_format", -1, format)
}

fn patterns(registry: &Registry<'_>) -> rusqlite::Result<()> {
    registry.strict("tl_like", 4, |a| {
        let escape = a.text(2)?.chars().next();
        let fold = a.integer(3)? != 0;
        let pattern = a.text(1)?;
        let regex = a.cached(1, || like(&pattern, escape, fold))?;
        bool_value(regex.is_match(&a.text(0)?))
    })?;
    registry.strict("tl_regex", 3, |a| {
        let fold = a.integer(2)? != 0;
        let pattern = a.text(1)?;
        let regex = a.cached(1, || compile(&pattern, fold))?;
        bool_value(regex.is_match(&a.text(0)?))
    })?;
    registry.strict("tl_similar", 2, |a| {
        let pattern = a.text(1)?;
        let regex = a.cached(1, || {
            compile(
                &format!("^(?:{})$", pattern.replace('%', ".*").replace('_', ".")),
                false,
            )
        })?;
        bool_value(regex.is_match(&a.text(0)?))
    })?;
    registry.strict("tl_regex_substring", 2, |a| {
        let pattern = a.text(1)?;
        let regex = a.cached(1, || compile(&pattern, false))?;
        let text = a.text(0)?;
        let found = regex
            .captures(&text)
            .and_then(|c| c.get(1).or_else(|| c.get(0)));
        Ok(found.map_or(Value::Null, |m| Value::Text(m.as_str().to_owned())))
    })?;
    for arity in [2, 3] {
        registry.strict("tl_regexp_like", arity, |a| {
            let fold = a.len() > 2 && a.text(2)?.contains('i');
            let pattern = a.text(1)?;
            let regex = a.cached(1, || compile(&pattern, fold))?;
            bool_value(regex.is_match(&a.text(0)?))
        })?;
    }
    for arity in [3, 4] {
        registry.strict("tl_regexp_replace", arity, |a| {
            let flags = if a.len() > 3 {
                a.text(3)?.into_owned()
            } else {
                String::new()
            };
            let pattern = a.text(1)?;
            let regex = a.cached(1, || compile(&pattern, flags.contains('i')))?;
            // \1 and \& become the crate's ${1} and ${0}.
            let mut replacement = String::new();
            let new = a.text(2)?;
            let mut rest = new.chars();
            while let Some(c) = rest.next() {
                match c {
                    '$' => replacement.push_str("$$"),
                    '\\' => match rest.next() {
                        Some('&') => replacement.push_str("${0}"),
                        Some(d) if d.is_ascii_digit() => replacement.push_str(&format!("${{{d}}}")),
                        Some(other) => replacement.push(other),
                        None => {}
                    },
                    c => replacement.push(c),
                }
            }
            let limit = usize::from(!flags.contains('g'));
            text_value(regex.replacen(&a.text(0)?, limit, replacement.as_str()))
        })?;
    }
    Ok(())
}

fn compile(pattern: &str, fold: bool) -> Result<Regex> {
    // PostgreSQL's own escapes that the crate spells otherwise.
    let pattern = pattern
        .replace("\\y", "\\b")
        .replace("\\m", "\\b")
        .replace("\\M", "\\b");
    RegexBuilder::new(&pattern)
        .case_insensitive(fold)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| {
            Error::new(
                SqlState::INVALID_REGULAR_EXPRESSION,
                "invalid regular expression",
            )
            .detail(error.to_string())
        })
}

/// LIKE as a regular expression over the whole text.
fn like(pattern: &str, escape: Option<char>, fold: bool) -> Result<Regex> {
    let mut out = String::from("^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => match chars.next() {
                Some(literal) => out.push_str(&regex::escape(literal.encode_utf8(&mut [0; 4]))),
                None => {
                    let message = "LIKE pattern must not end with escape character";
                    return Err(Error::new(SqlState::INVALID_ESCAPE_SEQUENCE, message));
                }
            },
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            c => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    RegexBuilder::new(&out)
        .case_insensitive(fold)
        .dot_matches_new_line(true)
        .build()
        .map_err(Error::internal)
}

/// `substring(text from start for length)`: the start may lie before the text.
fn substring(text: &str, start: i64, length: Option<i64>) -> Result<String> {
    let end = match length {
        Some(length) if length < 0 => {
            return Err(Error::new(
                SqlState::SUBSTRING_ERROR,
                "negative substring length not allowed",
            ));
        }
        Some(length) => start.saturating_add(length),
        None => i64::MAX,
    };
    let first = start.max(1);
    let skip = usize::try_from(first - 1).unwrap_or(usize::MAX);
    let take = usize::try_from(end.saturating_sub(first).max(0)).unwrap_or(usize::MAX);
    Ok(text.chars().skip(skip).take(take).collect())
}

/// How many characters `left` and `right` keep: a negative number counts those to go.
fn count(text: &str, n: i64) -> usize {
    let length = text.chars().count();
    let by = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    if n >= 0 {
        by.min(length)
    } else {
        length.saturating_sub(by)
    }
}

fn pad(text: &str, width: i64, fill: &str, left: bool) -> Result<String> {
    let width = usize::try_from(width).unwrap_or(0);
    limited(width)?;
    let length = text.chars().count();
    if width <= length || fill.is_empty() {
        return Ok(text.chars().take(width.min(length)).collect());
    }
    let padding: String = fill.chars().cycle().take(width - length).collect();
    Ok(if left {
        padding + text
    } else {
        text.to_owned() + &padding
    })
}

fn limited(length: usize) -> Result<()> {
    if length > LIMIT {
        return Err(Error::new(
            SqlState::PROGRAM_LIMIT_EXCEEDED,
            "requested length too large",
        ));
    }
    Ok(())
}

fn bytes<'a>(args: &Args<'_, 'a>, at: usize) -> &'a [u8] {
    match args.raw(at) {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn encoding(name: &str) -> Error {
    Error::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!("unrecognized encoding: \"{name}\""),
    )
}

/// `format('%s is %I', …)`.
fn format(args: &Args<'_, '_>) -> Result<Value> {
    if args.is_null(0) {
        return Ok(Value::Null);
    }
    let pattern = args.text(0)?;
    let mut next = 1;
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let kind = chars.next();
        if kind == Some('%') {
            out.push('%');
            continue;
        }
        if next >= args.len() {
            return Err(Error::new(
                SqlState::INVALID_PARAMETER_VALUE,
                "too few arguments for format()",
            ));
        }
        let null = args.is_null(next);
        let text = if null { "".into() } else { args.text(next)? };
        next += 1;
        match kind {
            Some('s') => out.push_str(&text),
            Some('I') => out.push_str(&format!("\"{}\"", text.replace('"', "\"\""))),
            Some('L') if null => out.push_str("NULL"),
            Some('L') => out.push_str(&format!("'{}'", text.replace('\'', "''"))),
            _ => {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    "unrecognized format() type specifier",
                ));
            }
        }
    }
    text_value(out)
}
