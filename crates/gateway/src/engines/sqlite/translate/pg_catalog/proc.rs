//! `pg_proc`: the functions that calls are looked up in, for psql's `\df`.

use trunkline_server::Type;

use crate::engines::sqlite::translate::functions::{ENTRIES, Entry};
use crate::engines::sqlite::translate::node::text;

/// The functions are numbered from here: PostgreSQL leaves these numbers free.
const FIRST: usize = 8000;

/// Functions without arguments, which no table of signatures has.
const NILADIC: &[(&str, Type)] = &[
    ("clock_timestamp", Type::TIMESTAMPTZ),
    ("current_database", Type::NAME),
    ("current_schema", Type::NAME),
    ("now", Type::TIMESTAMPTZ),
    ("random", Type::FLOAT8),
    ("statement_timestamp", Type::TIMESTAMPTZ),
    ("transaction_timestamp", Type::TIMESTAMPTZ),
    ("version", Type::TEXT),
];

/// The query for the catalog, with the texts of the result and the arguments besides.
pub(super) fn query() -> String {
    let niladic = NILADIC
        .iter()
        .map(|(name, result)| (*name, &[][..], false, *result));
    let rows: Vec<String> = ENTRIES
        .iter()
        .flat_map(overloads)
        .chain(niladic)
        .enumerate()
        .map(|(at, (name, args, variadic, result))| row(FIRST + at, name, args, variadic, result))
        .collect();
    format!(
        "WITH tl_procs(oid, proname, prorettype, pronargs, provariadic, proargtypes, result, arguments, volatility) AS (VALUES {}) \
         SELECT oid, proname, 11 AS pronamespace, 10 AS proowner, 12 AS prolang, 1.0 AS procost, 0.0 AS prorows, provariadic, \
         'f' AS prokind, 0 AS prosecdef, 0 AS proleakproof, 1 AS proisstrict, 0 AS proretset, volatility AS provolatile, 's' AS proparallel, \
         pronargs, 0 AS pronargdefaults, prorettype, proargtypes, NULL AS proallargtypes, NULL AS proargmodes, NULL AS proargnames, \
         proname AS prosrc, NULL AS probin, NULL AS proconfig, NULL AS proacl, result, arguments FROM tl_procs",
        rows.join(",")
    )
}

/// A signature for each number of arguments that a function takes.
fn overloads(
    entry: &Entry,
) -> impl Iterator<Item = (&'static str, &'static [Type], bool, Type)> + use<> {
    let Entry {
        name,
        args,
        optional,
        variadic,
        result,
        ..
    } = *entry;
    let fewest = args.len().saturating_sub(optional);
    (fewest..=args.len()).map(move |count| {
        let args = args.get(..count).unwrap_or(args);
        (name, args, variadic, result)
    })
}

fn row(oid: usize, name: &str, args: &[Type], variadic: bool, result: Type) -> String {
    let types: Vec<String> = args.iter().map(|ty| ty.oid().0.to_string()).collect();
    let mut names: Vec<String> = args.iter().map(|ty| shown(*ty)).collect();
    let last = args.last().filter(|_| variadic);
    if let (Some(_), Some(name)) = (last, names.last_mut()) {
        name.insert_str(0, "VARIADIC ");
    }
    let volatility = match name {
        "random" | "clock_timestamp" | "gen_random_uuid" | "pg_sleep" | "set_config" => 'v',
        _ if args.is_empty() => 's',
        _ => 'i',
    };
    format!(
        "({oid},{},{},{},{},'{{{}}}',{},{},'{volatility}')",
        text(name),
        result.oid().0,
        args.len(),
        last.map_or(0, |ty| ty.oid().0),
        types.join(","),
        text(&shown(result)),
        text(&names.join(", ")),
    )
}

fn shown(ty: Type) -> String {
    match ty {
        Type::ANY => "\"any\"".to_owned(),
        ty => ty.sql_name().to_owned(),
    }
}
