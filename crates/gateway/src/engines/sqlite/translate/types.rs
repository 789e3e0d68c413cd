//! PostgreSQL's type names in a statement, and the names that columns are declared with in SQLite.

use sqlparser::ast::DataType;
use trunkline_server::{Error, Result, SqlState, Type};

/// A type with its modifier (`atttypmod`; −1 for none).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Typed {
    pub(crate) ty: Type,
    pub(crate) modifier: i32,
}

/// What SQLite's dialect calls some types.
const SQLITE: &[(&str, Type)] = &[
    ("datetime", Type::TIMESTAMP),
    ("blob", Type::BYTEA),
    ("clob", Type::TEXT),
    ("string", Type::TEXT),
    ("tinyint", Type::INT2),
    ("mediumint", Type::INT4),
    ("double", Type::FLOAT8),
    ("bool", Type::BOOL),
];

/// The type that `data_type` names.
///
/// # Errors
///
/// 42704 for a type that does not exist.
pub(crate) fn resolve(data_type: &DataType) -> Result<Typed> {
    let written = data_type.to_string();
    let found = by_name(&written);
    found.ok_or_else(|| {
        let name = written.to_lowercase();
        Error::new(
            SqlState::UNDEFINED_OBJECT,
            format!("type \"{name}\" does not exist"),
        )
    })
}

/// The type of this name, PostgreSQL's or SQLite's.
pub(crate) fn by_name(written: &str) -> Option<Typed> {
    let name = written.trim().replace('"', "");
    let ty = Type::from_name(&name).or_else(|| {
        let base = name
            .split('(')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        SQLITE.iter().find(|(n, _)| *n == base).map(|(_, ty)| *ty)
    })?;
    let numbers: Vec<i32> = name
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(inside, _)| {
            inside
                .split(',')
                .filter_map(|n| n.trim().parse().ok())
                .collect()
        })
        .unwrap_or_default();
    let bare =
        |names: &[&str]| numbers.is_empty() && names.iter().any(|n| name.eq_ignore_ascii_case(n));
    let modifier = match (ty, numbers.as_slice()) {
        (Type::VARCHAR | Type::BPCHAR, [n, ..]) => n.saturating_add(4),
        (Type::BPCHAR, []) if bare(&["char", "character", "nchar"]) => 5,
        (Type::NUMERIC, [precision]) => precision.saturating_mul(1 << 16).saturating_add(4),
        (Type::NUMERIC, [precision, scale, ..]) => precision
            .saturating_mul(1 << 16)
            .saturating_add(scale & 0x7ff)
            .saturating_add(4),
        (Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ, [n, ..]) => *n,
        _ => -1,
    };
    Some(Typed { ty, modifier })
}

/// Precision and scale of a numeric's modifier.
pub(crate) fn precision(modifier: i32) -> Option<(i32, i32)> {
    let bits = modifier.checked_sub(4).filter(|bits| *bits >= 0)?;
    // The scale is eleven bits with a sign, so that numeric(3,-2) can be told.
    let scale = bits & 0x7ff;
    Some((
        bits >> 16,
        if scale >= 0x400 { scale - 0x800 } else { scale },
    ))
}

/// A type's name with its modifier, as `format_type` prints it.
pub(crate) fn with_modifier(name: &str, ty: Type, modifier: i32) -> String {
    match (ty, precision(modifier)) {
        (Type::NUMERIC, Some((precision, scale))) => format!("{name}({precision},{scale})"),
        (Type::VARCHAR | Type::BPCHAR, Some(_)) => format!("{name}({})", modifier - 4),
        (Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ, _) if modifier >= 0 => {
            match name.split_once(' ') {
                Some((first, rest)) => format!("{first}({modifier}) {rest}"),
                None => format!("{name}({modifier})"),
            }
        }
        _ => name.to_owned(),
    }
}

/// How values of a type lie in SQLite.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Storage {
    /// INTEGER: booleans (0 and 1), integers, OIDs.
    Integer,
    /// REAL; NaN, which SQLite turns into NULL, is the text `NaN`.
    Real,
    /// TEXT, in PostgreSQL's own text form (timestamptz in UTC).
    Text,
    /// BLOB: bytea.
    Blob,
    /// Whatever SQLite has.
    Any,
}

/// The storage class of a type.
pub(crate) fn storage(ty: Type) -> Storage {
    match ty {
        Type::BOOL
        | Type::INT2
        | Type::INT4
        | Type::INT8
        | Type::OID
        | Type::XID
        | Type::REGCLASS
        | Type::REGTYPE
        | Type::REGPROC => Storage::Integer,
        Type::FLOAT4 | Type::FLOAT8 => Storage::Real,
        Type::BYTEA => Storage::Blob,
        Type::UNSPECIFIED => Storage::Any,
        _ => Storage::Text,
    }
}

/// The name to declare a column with, such that SQLite gives it the affinity of its storage and the type can be read back.
///
/// A type kept as text needs `text` or `char` in its name: otherwise SQLite would turn the numeric `1.50` into the
/// float 1.5.
pub(crate) fn declaration(typed: Typed) -> String {
    let name = match typed.ty {
        Type::BOOL => "boolean".to_owned(),
        Type::FLOAT4 => "real".to_owned(),
        Type::FLOAT8 => "double precision".to_owned(),
        Type::BPCHAR => "char".to_owned(),
        ty if ty.element().is_some() => ty.sql_name().to_owned(),
        ty => ty.name().to_owned(),
    };
    let is_text =
        storage(typed.ty) == Storage::Text && !name.contains("text") && !name.contains("char");
    let name = if is_text {
        format!("{name}_text")
    } else {
        name
    };
    let name = if name.contains([' ', '[']) {
        format!("\"{name}\"")
    } else {
        name
    };
    match (typed.ty, typed.modifier) {
        (Type::NUMERIC, modifier) => match precision(modifier) {
            Some((precision, scale)) => format!("{name}({precision},{scale})"),
            None => name,
        },
        (_, -1) => name,
        (Type::VARCHAR | Type::BPCHAR, modifier) => format!("{name}({})", modifier - 4),
        (_, modifier) => format!("{name}({modifier})"),
    }
}

/// The type of a column declared so, by us or by anyone who ever wrote to the file.
///
/// SQLite's own rules decide for a name that PostgreSQL does not know. An `INTEGER` of SQLite has 64 bits.
pub(crate) fn declared(name: &str) -> Typed {
    let plain = |ty| Typed { ty, modifier: -1 };
    let lower = name.to_lowercase();
    if matches!(
        lower.as_str(),
        "int" | "integer" | "smallint" | "tinyint" | "mediumint"
    ) {
        return plain(Type::INT8);
    }
    if let Some(typed) =
        by_name(&lower.replacen("_text", "", 1)).filter(|_| !lower.starts_with("_text"))
    {
        return typed;
    }
    let has = |part: &str| lower.contains(part);
    plain(match () {
        () if has("int") => Type::INT8,
        () if has("char") || has("clob") || has("text") => Type::TEXT,
        () if has("blob") => Type::BYTEA,
        () if has("real") || has("floa") || has("doub") => Type::FLOAT8,
        () if has("bool") => Type::BOOL,
        () if has("num") || has("dec") => Type::NUMERIC,
        () => Type::UNSPECIFIED,
    })
}

/// What begins the comment in a view's definition that keeps the types of its columns: SQLite forgets those of expressions.
const VIEW: &str = "/* types:";

/// The comment for a view with these columns.
pub(crate) fn view_types(columns: &[super::Output]) -> String {
    let mut comment = VIEW.to_owned();
    for column in columns {
        comment.push_str(&format!(" {}:{}", column.ty.oid().0, column.modifier));
    }
    comment + " */"
}

/// The types out of a view's definition.
pub(crate) fn view_types_in(definition: &str) -> Vec<Typed> {
    let comment = definition
        .split_once(VIEW)
        .and_then(|(_, rest)| rest.split_once("*/"));
    let words = comment.map_or("", |(types, _)| types).split_whitespace();
    words
        .filter_map(|word| {
            let (oid, modifier) = word.split_once(':')?;
            let ty = Type::from_oid(trunkline_server::Oid(oid.parse().ok()?));
            Some(Typed {
                ty,
                modifier: modifier.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn a_declaration_reads_back_as_its_type() {
        for name in [
            "int2",
            "integer",
            "bigint",
            "boolean",
            "real",
            "double precision",
            "numeric",
            "numeric(10,2)",
            "text",
            "varchar(20)",
            "char(3)",
            "bytea",
            "uuid",
            "json",
            "jsonb",
            "date",
            "time",
            "timestamp",
            "timestamp(3) with time zone",
            "interval",
            "int4[]",
            "text[]",
            "numeric[]",
            "name",
            "timetz",
        ] {
            let typed = by_name(name).unwrap();
            let declaration = declaration(typed);
            let back = declared(&declaration.replace('"', ""));
            assert_eq!(back, typed, "{name} is declared as {declaration}");
        }
    }

    #[test]
    fn types_of_other_peoples_files() {
        assert_eq!(declared("INTEGER").ty, Type::INT8);
        assert_eq!(declared("DATETIME").ty, Type::TIMESTAMP);
        assert_eq!(declared("NVARCHAR(40)").ty, Type::TEXT);
        assert_eq!(declared("DECIMAL(10,5)").ty, Type::NUMERIC);
        assert_eq!(declared("BLOB").ty, Type::BYTEA);
        assert_eq!(declared("").ty, Type::UNSPECIFIED);
    }
}
