//! Types and functions.

use trunkline_server::Type;

use super::{ARRAY_IN, BOOL, CHAR, FLOAT4, INT2, INT4, NAME, OID, Relation, TEXT};

pub(super) const RELATIONS: &[Relation] = &[
    Relation {
        schema: "pg_catalog",
        name: "pg_type",
        oid: 1247,
        columns: &[
            ("oid", OID),
            ("typname", NAME),
            ("typnamespace", OID),
            ("typlen", INT2),
            ("typtype", CHAR),
            ("typcategory", CHAR),
            ("typdelim", CHAR),
            ("typelem", OID),
            ("typarray", OID),
            ("typbasetype", OID),
            ("typrelid", OID),
            ("typnotnull", BOOL),
            ("typtypmod", INT4),
            ("typinput", Type::REGPROC),
            ("typcollation", OID),
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_proc",
        oid: 1255,
        columns: &[
            ("oid", OID),
            ("proname", NAME),
            ("pronamespace", OID),
            ("proowner", OID),
            ("prolang", OID),
            ("procost", FLOAT4),
            ("prorows", FLOAT4),
            ("provariadic", OID),
            ("prokind", CHAR),
            ("prosecdef", BOOL),
            ("proleakproof", BOOL),
            ("proisstrict", BOOL),
            ("proretset", BOOL),
            ("provolatile", CHAR),
            ("proparallel", CHAR),
            ("pronargs", INT2),
            ("pronargdefaults", INT2),
            ("prorettype", OID),
            ("proargtypes", Type::OID_ARRAY),
            ("proallargtypes", Type::OID_ARRAY),
            ("proargmodes", Type::CHAR_ARRAY),
            ("proargnames", Type::TEXT_ARRAY),
            ("prosrc", TEXT),
            ("probin", TEXT),
            ("proconfig", Type::TEXT_ARRAY),
            ("proacl", Type::TEXT_ARRAY),
        ],
        query: "",
    },
];

/// pg_type, out of the table of built-in types.
pub(super) fn types() -> String {
    let mut rows = Vec::new();
    for ty in Type::ALL {
        let element = ty.element();
        let category = match *ty {
            _ if element.is_some() => "A",
            Type::BOOL => "B",
            Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::NUMERIC
            | Type::OID => "N",
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => "S",
            Type::DATE | Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ => "D",
            Type::INTERVAL => "T",
            _ => "U",
        };
        let kind = match ty.kind() {
            trunkline_types::Kind::Range => "r",
            trunkline_types::Kind::Multirange => "m",
            trunkline_types::Kind::Pseudo => "p",
            _ => "b",
        };
        let delimiter = char::from(ty.delimiter());
        let (oid, name, size) = (ty.oid().0, ty.name(), ty.size());
        let input = if element.is_some() { ARRAY_IN } else { 0 };
        rows.push(format!(
            "({oid},'{name}',11,{size},'{kind}','{category}','{delimiter}',{},{},0,0,0,-1,{input},0)",
            element.map_or(0, |e| e.oid().0),
            ty.array().map_or(0, |a| a.oid().0),
        ));
    }
    format!(
        "WITH tl_types(oid, typname, typnamespace, typlen, typtype, typcategory, typdelim, typelem, typarray, typbasetype, typrelid, \
         typnotnull, typtypmod, typinput, typcollation) AS (VALUES {}) SELECT * FROM tl_types",
        rows.join(",")
    )
}
