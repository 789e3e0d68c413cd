//! The system catalogs, as far as clients ask for them when they connect: each is a query over SQLite's schema.

use trunkline_server::Type;

struct Relation {
    schema: &'static str,
    name: &'static str,
    oid: u32,
    columns: &'static [(&'static str, Type)],
    query: &'static str,
}

/// The query that stands for a catalog, and its columns.
pub(super) fn relation(
    schema: Option<&str>,
    name: &str,
) -> Option<(String, &'static [(&'static str, Type)])> {
    let found = RELATIONS
        .iter()
        .find(|r| r.name == name && schema.is_none_or(|s| s == r.schema))?;
    // Unqualified, only pg_catalog is on the search path.
    if schema.is_none() && found.schema != "pg_catalog" {
        return None;
    }
    let query = match name {
        "pg_type" => types(),
        _ => found.query.to_owned(),
    };
    Some((query, found.columns))
}

/// The OID of the function `array_in`, by which clients tell arrays.
pub(crate) const ARRAY_IN: u32 = 750;

/// The OID of a catalog.
pub(super) fn oid(name: &str) -> Option<u32> {
    RELATIONS
        .iter()
        .find(|r| r.name == name && r.schema == "pg_catalog")
        .map(|r| r.oid)
}

const BOOL: Type = Type::BOOL;
const INT2: Type = Type::INT2;
const INT4: Type = Type::INT4;
const NAME: Type = Type::NAME;
const OID: Type = Type::OID;
const TEXT: Type = Type::TEXT;
const CHAR: Type = Type::CHAR;
const FLOAT4: Type = Type::FLOAT4;

const RELATIONS: &[Relation] = &[
    Relation {
        schema: "pg_catalog",
        name: "pg_namespace",
        oid: 2615,
        columns: &[("oid", OID), ("nspname", NAME), ("nspowner", OID)],
        query: "SELECT 11 AS oid, 'pg_catalog' AS nspname, 10 AS nspowner UNION ALL SELECT 2200, 'public', 10 \
                UNION ALL SELECT 13000, 'information_schema', 10",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_class",
        oid: 1259,
        columns: &[
            ("oid", OID),
            ("relname", NAME),
            ("relnamespace", OID),
            ("reltype", OID),
            ("relowner", OID),
            ("relam", OID),
            ("reltuples", FLOAT4),
            ("relpages", INT4),
            ("relhasindex", BOOL),
            ("relpersistence", CHAR),
            ("relkind", CHAR),
            ("relnatts", INT2),
            ("relchecks", INT2),
            ("relhasrules", BOOL),
            ("relhastriggers", BOOL),
            ("relrowsecurity", BOOL),
            ("relforcerowsecurity", BOOL),
            ("relispartition", BOOL),
            ("reltablespace", OID),
            ("reloptions", Type::TEXT_ARRAY),
            ("relreplident", CHAR),
        ],
        query: "SELECT rowid + 16384 AS oid, name AS relname, 2200 AS relnamespace, 0 AS reltype, 10 AS relowner, 2 AS relam, -1.0 AS reltuples, \
                0 AS relpages, type = 'table' AS relhasindex, 'p' AS relpersistence, \
                CASE type WHEN 'table' THEN 'r' WHEN 'view' THEN 'v' ELSE 'i' END AS relkind, 0 AS relnatts, 0 AS relchecks, \
                type = 'view' AS relhasrules, 0 AS relhastriggers, 0 AS relrowsecurity, 0 AS relforcerowsecurity, 0 AS relispartition, \
                0 AS reltablespace, NULL AS reloptions, 'd' AS relreplident \
                FROM sqlite_schema WHERE type IN ('table', 'view', 'index') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_tables",
        oid: 12000,
        columns: &[
            ("schemaname", NAME),
            ("tablename", NAME),
            ("tableowner", NAME),
        ],
        query: "SELECT 'public' AS schemaname, name AS tablename, '$user' AS tableowner FROM sqlite_schema \
                WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_attribute",
        oid: 1249,
        columns: &[
            ("attrelid", OID),
            ("attname", NAME),
            ("atttypid", OID),
            ("attnum", INT2),
            ("atttypmod", INT4),
            ("attnotnull", BOOL),
            ("atthasdef", BOOL),
            ("attisdropped", BOOL),
            ("attidentity", CHAR),
            ("attgenerated", CHAR),
            ("attlen", INT2),
            ("attcollation", OID),
        ],
        query: "SELECT s.rowid + 16384 AS attrelid, c.name AS attname, tl_declared(c.type, 0) AS atttypid, c.cid + 1 AS attnum, \
                tl_declared(c.type, 1) AS atttypmod, c.\"notnull\" OR c.pk AS attnotnull, c.dflt_value IS NOT NULL AS atthasdef, \
                0 AS attisdropped, '' AS attidentity, CASE WHEN c.hidden > 1 THEN 's' ELSE '' END AS attgenerated, -1 AS attlen, \
                0 AS attcollation \
                FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c WHERE s.type IN ('table', 'view')",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_database",
        oid: 1262,
        columns: &[
            ("oid", OID),
            ("datname", NAME),
            ("datdba", OID),
            ("encoding", INT4),
            ("datcollate", TEXT),
            ("datctype", TEXT),
            ("datallowconn", BOOL),
            ("datistemplate", BOOL),
            ("datconnlimit", INT4),
        ],
        query: "SELECT 5 AS oid, '$database' AS datname, 10 AS datdba, 6 AS encoding, 'C' AS datcollate, 'C' AS datctype, 1 AS datallowconn, \
                0 AS datistemplate, -1 AS datconnlimit",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_roles",
        oid: 12001,
        columns: &[
            ("oid", OID),
            ("rolname", NAME),
            ("rolsuper", BOOL),
            ("rolinherit", BOOL),
            ("rolcreaterole", BOOL),
            ("rolcreatedb", BOOL),
            ("rolcanlogin", BOOL),
            ("rolreplication", BOOL),
        ],
        query: "SELECT 10 AS oid, '$user' AS rolname, 1 AS rolsuper, 1 AS rolinherit, 1 AS rolcreaterole, 1 AS rolcreatedb, 1 AS rolcanlogin, \
                0 AS rolreplication",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_user",
        oid: 12002,
        columns: &[("usename", NAME), ("usesysid", OID), ("usesuper", BOOL)],
        query: "SELECT '$user' AS usename, 10 AS usesysid, 1 AS usesuper",
    },
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
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_range",
        oid: 3541,
        columns: &[
            ("rngtypid", OID),
            ("rngsubtype", OID),
            ("rngmultitypid", OID),
        ],
        query: "SELECT 0 AS rngtypid, 0 AS rngsubtype, 0 AS rngmultitypid WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_enum",
        oid: 3501,
        columns: &[
            ("oid", OID),
            ("enumtypid", OID),
            ("enumsortorder", FLOAT4),
            ("enumlabel", NAME),
        ],
        query: "SELECT 0 AS oid, 0 AS enumtypid, 0.0 AS enumsortorder, '' AS enumlabel WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_partitioned_table",
        oid: 3350,
        columns: &[("partrelid", OID), ("partstrat", CHAR), ("partnatts", INT2)],
        query: "SELECT 0 AS partrelid, '' AS partstrat, 0 AS partnatts WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_inherits",
        oid: 2611,
        columns: &[("inhrelid", OID), ("inhparent", OID), ("inhseqno", INT4)],
        query: "SELECT 0 AS inhrelid, 0 AS inhparent, 0 AS inhseqno WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_am",
        oid: 2601,
        columns: &[("oid", OID), ("amname", NAME), ("amtype", CHAR)],
        query: "SELECT 2 AS oid, 'heap' AS amname, 't' AS amtype UNION ALL SELECT 403, 'btree', 'i'",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_description",
        oid: 2609,
        columns: &[
            ("objoid", OID),
            ("classoid", OID),
            ("objsubid", INT4),
            ("description", TEXT),
        ],
        query: "SELECT 0 AS objoid, 0 AS classoid, 0 AS objsubid, '' AS description WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_extension",
        oid: 3079,
        columns: &[("oid", OID), ("extname", NAME), ("extversion", TEXT)],
        query: "SELECT 0 AS oid, '' AS extname, '' AS extversion WHERE false",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_settings",
        oid: 12003,
        columns: &[("name", TEXT), ("setting", TEXT)],
        query: "SELECT key AS name, value AS setting FROM json_each(tl_settings())",
    },
    Relation {
        schema: "information_schema",
        name: "tables",
        oid: 13001,
        columns: &[
            ("table_catalog", NAME),
            ("table_schema", NAME),
            ("table_name", NAME),
            ("table_type", TEXT),
        ],
        query: "SELECT '$database' AS table_catalog, 'public' AS table_schema, name AS table_name, \
                CASE type WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type FROM sqlite_schema \
                WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
    Relation {
        schema: "information_schema",
        name: "columns",
        oid: 13002,
        columns: &[
            ("table_catalog", NAME),
            ("table_schema", NAME),
            ("table_name", NAME),
            ("column_name", NAME),
            ("ordinal_position", INT4),
            ("column_default", TEXT),
            ("is_nullable", TEXT),
            ("data_type", TEXT),
        ],
        query: "SELECT '$database' AS table_catalog, 'public' AS table_schema, s.name AS table_name, c.name AS column_name, \
                c.cid + 1 AS ordinal_position, c.dflt_value AS column_default, CASE WHEN c.\"notnull\" OR c.pk THEN 'NO' ELSE 'YES' END AS is_nullable, \
                tl_format_type(tl_declared(c.type, 0)) AS data_type FROM sqlite_schema AS s, pragma_table_xinfo(s.name) AS c \
                WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
];

/// pg_type, out of the table of built-in types.
fn types() -> String {
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
            "({oid},'{name}',11,{size},'{kind}','{category}','{delimiter}',{},{},0,0,0,-1,{input})",
            element.map_or(0, |e| e.oid().0),
            ty.array().map_or(0, |a| a.oid().0),
        ));
    }
    format!(
        "WITH tl_types(oid, typname, typnamespace, typlen, typtype, typcategory, typdelim, typelem, typarray, typbasetype, typrelid, \
         typnotnull, typtypmod, typinput) AS (VALUES {}) SELECT * FROM tl_types",
        rows.join(",")
    )
}
