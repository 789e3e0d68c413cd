//! The system catalogs, as far as clients ask for them when they connect: each is a query over SQLite's schema.

mod proc;
mod schema;

use std::sync::Arc;

use trunkline_server::{Result, Type};

use crate::engines::sqlite::catalog::{Catalog, Table};

/// Names and types.
type Columns = &'static [(&'static str, Type)];

struct Relation {
    schema: &'static str,
    name: &'static str,
    oid: u32,
    columns: Columns,
    query: &'static str,
}

/// The query that stands for a catalog, and its columns.
///
/// # Errors
///
/// XX000 when the schema cannot be read.
pub(super) fn relation(
    schema: Option<&str>,
    name: &str,
    catalog: &dyn Catalog,
) -> Result<Option<(String, Columns)>> {
    let Some(found) = RELATIONS
        .iter()
        .find(|r| r.name == name && schema.is_none_or(|s| s == r.schema))
    else {
        return Ok(None);
    };
    // Unqualified, only pg_catalog is on the search path.
    if schema.is_none() && found.schema != "pg_catalog" {
        return Ok(None);
    }
    let query = match name {
        "pg_type" => types(),
        "pg_proc" => proc::query(),
        // None of these rows exist here.
        _ if found.query.is_empty() => {
            let nulls: Vec<String> = found
                .columns
                .iter()
                .map(|(name, _)| format!("NULL AS {name}"))
                .collect();
            format!("SELECT {} WHERE false", nulls.join(", "))
        }
        _ if found.query.contains(" tl_") => with_tables(found.query, &catalog.tables()?),
        _ => found.query.to_owned(),
    };
    Ok(Some((query, found.columns)))
}

/// The query for the definition of a constraint or an index, by its OID.
///
/// # Errors
///
/// XX000 when the schema cannot be read.
pub(super) fn definition(of: &str, oid: &str, catalog: &dyn Catalog) -> Result<String> {
    let (table, column) = match of {
        "pg_constraint" => ("SELECT oid, definition FROM tl_constraints", "oid"),
        _ => (INDEX, "indexrelid"),
    };
    let query = with_tables(table, &catalog.tables()?);
    Ok(format!(
        "(SELECT definition FROM ({query}) WHERE {column} = {oid})"
    ))
}

/// The query for what `pg_proc` has in this column beside those that clients see, by the OID.
pub(super) fn of_function(column: &str, oid: &str) -> String {
    format!(
        "(SELECT {column} FROM ({}) WHERE oid = {oid})",
        proc::query()
    )
}

fn with_tables(query: &str, tables: &[Arc<Table>]) -> String {
    format!("WITH {} {query}", schema::tables(tables))
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

/// `pg_index`, with each index's definition besides.
const INDEX: &str = "SELECT oid AS indexrelid, rel AS indrelid, natts AS indnatts, natts AS indnkeyatts, 1 AS indisunique, \
    0 AS indnullsnotdistinct, is_primary AS indisprimary, 0 AS indisexclusion, 1 AS indimmediate, 0 AS indisclustered, 1 AS indisvalid, \
    1 AS indisready, 1 AS indislive, 0 AS indisreplident, keys AS indkey, NULL AS indexprs, NULL AS indpred, definition \
    FROM tl_keys WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'index') \
    UNION ALL SELECT s.rowid + 16384, t.rowid + 16384, (SELECT count(*) FROM pragma_index_info(s.name)), \
    (SELECT count(*) FROM pragma_index_info(s.name)), l.\"unique\", 0, s.name = s.tbl_name || '_pkey', 0, 1, 0, 1, 1, 1, 0, \
    '{' || (SELECT group_concat(max(cid, -1) + 1) FROM pragma_index_info(s.name)) || '}', NULL, NULL, \
    'CREATE ' || CASE WHEN l.\"unique\" THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || s.name || ' ON public.' || s.tbl_name || ' USING btree ' || \
    CASE WHEN l.partial OR EXISTS (SELECT 1 FROM pragma_index_info(s.name) WHERE name IS NULL) THEN substr(s.sql, instr(s.sql, '(')) \
    ELSE '(' || (SELECT group_concat(x.name || CASE WHEN x.\"desc\" THEN ' DESC' ELSE '' END, ', ') FROM pragma_index_xinfo(s.name) AS x \
    WHERE x.key) || ')' END \
    FROM sqlite_schema AS s JOIN sqlite_schema AS t ON t.type = 'table' AND t.name = s.tbl_name, pragma_index_list(s.tbl_name) AS l \
    WHERE s.type = 'index' AND l.name = s.name AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

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
            ("reltoastrelid", OID),
            ("reloftype", OID),
            ("relpartbound", TEXT),
            ("relacl", Type::TEXT_ARRAY),
        ],
        query: "SELECT s.rowid + 16384 AS oid, s.name AS relname, 2200 AS relnamespace, 0 AS reltype, 10 AS relowner, \
                CASE s.type WHEN 'table' THEN 2 WHEN 'index' THEN 403 ELSE 0 END AS relam, -1.0 AS reltuples, \
                0 AS relpages, s.type = 'table' AS relhasindex, 'p' AS relpersistence, \
                CASE s.type WHEN 'table' THEN 'r' WHEN 'view' THEN 'v' ELSE 'i' END AS relkind, coalesce(t.natts, 0) AS relnatts, \
                coalesce(t.checks, 0) AS relchecks, s.type = 'view' AS relhasrules, \
                EXISTS (SELECT 1 FROM tl_constraints WHERE kind = 'f' AND s.rowid + 16384 IN (rel, parent)) AS relhastriggers, 0 AS relrowsecurity, \
                0 AS relforcerowsecurity, 0 AS relispartition, 0 AS reltablespace, NULL AS reloptions, 'd' AS relreplident, \
                0 AS reltoastrelid, 0 AS reloftype, NULL AS relpartbound, NULL AS relacl \
                FROM sqlite_schema AS s LEFT JOIN tl_tables AS t ON t.oid = s.rowid + 16384 \
                WHERE s.type IN ('table', 'view', 'index') AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                UNION ALL SELECT k.oid, k.name, 2200, 0, 10, 403, -1.0, 0, 0, 'p', 'i', k.natts, 0, 0, 0, 0, 0, 0, 0, NULL, 'n', 0, 0, NULL, NULL \
                FROM tl_keys AS k WHERE k.name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'index')",
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
            ("attndims", INT2),
            ("attstorage", CHAR),
            ("attcompression", CHAR),
            ("attstattarget", INT2),
            ("attislocal", BOOL),
            ("attinhcount", INT2),
        ],
        query: "SELECT rel AS attrelid, name AS attname, ty AS atttypid, num AS attnum, modifier AS atttypmod, required AS attnotnull, \
                filler IS NOT NULL AS atthasdef, 0 AS attisdropped, '' AS attidentity, generated AS attgenerated, -1 AS attlen, \
                0 AS attcollation, 0 AS attndims, 'p' AS attstorage, '' AS attcompression, NULL AS attstattarget, 1 AS attislocal, \
                0 AS attinhcount FROM tl_columns \
                UNION ALL SELECT s.rowid + 16384, coalesce(i.name, 'expr'), coalesce(c.ty, 25), i.seqno + 1, coalesce(c.modifier, -1), \
                0, 0, 0, '', '', -1, 0, 0, 'p', '', NULL, 1, 0 \
                FROM sqlite_schema AS s JOIN sqlite_schema AS t ON t.type = 'table' AND t.name = s.tbl_name, pragma_index_info(s.name) AS i \
                LEFT JOIN tl_columns AS c ON c.rel = t.rowid + 16384 AND c.num = i.cid + 1 \
                WHERE s.type = 'index' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_attrdef",
        oid: 2604,
        columns: &[
            ("oid", OID),
            ("adrelid", OID),
            ("adnum", INT2),
            ("adbin", TEXT),
        ],
        query: "SELECT rel AS oid, rel AS adrelid, num AS adnum, filler AS adbin FROM tl_columns WHERE filler IS NOT NULL",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_index",
        oid: 2610,
        columns: &[
            ("indexrelid", OID),
            ("indrelid", OID),
            ("indnatts", INT2),
            ("indnkeyatts", INT2),
            ("indisunique", BOOL),
            ("indnullsnotdistinct", BOOL),
            ("indisprimary", BOOL),
            ("indisexclusion", BOOL),
            ("indimmediate", BOOL),
            ("indisclustered", BOOL),
            ("indisvalid", BOOL),
            ("indisready", BOOL),
            ("indislive", BOOL),
            ("indisreplident", BOOL),
            ("indkey", Type::INT2_ARRAY),
            ("indexprs", TEXT),
            ("indpred", TEXT),
        ],
        query: INDEX,
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_constraint",
        oid: 2606,
        columns: &[
            ("oid", OID),
            ("conname", NAME),
            ("connamespace", OID),
            ("contype", CHAR),
            ("condeferrable", BOOL),
            ("condeferred", BOOL),
            ("conenforced", BOOL),
            ("convalidated", BOOL),
            ("conrelid", OID),
            ("contypid", OID),
            ("conindid", OID),
            ("conparentid", OID),
            ("confrelid", OID),
            ("confupdtype", CHAR),
            ("confdeltype", CHAR),
            ("confmatchtype", CHAR),
            ("conislocal", BOOL),
            ("coninhcount", INT2),
            ("connoinherit", BOOL),
            ("conkey", Type::INT2_ARRAY),
            ("confkey", Type::INT2_ARRAY),
            ("conbin", TEXT),
        ],
        query: "SELECT c.oid, c.name AS conname, 2200 AS connamespace, c.kind AS contype, 0 AS condeferrable, 0 AS condeferred, \
                1 AS conenforced, 1 AS convalidated, c.rel AS conrelid, 0 AS contypid, \
                CASE WHEN c.ix = 0 THEN 0 ELSE coalesce(i.rowid + 16384, c.ix) END AS conindid, 0 AS conparentid, c.parent AS confrelid, \
                c.upd AS confupdtype, c.del AS confdeltype, CASE c.kind WHEN 'f' THEN 's' ELSE ' ' END AS confmatchtype, 1 AS conislocal, \
                0 AS coninhcount, c.kind <> 'c' AS connoinherit, c.keys AS conkey, c.parent_keys AS confkey, \
                CASE c.kind WHEN 'c' THEN c.definition END AS conbin \
                FROM tl_constraints AS c LEFT JOIN sqlite_schema AS i ON i.type = 'index' AND i.name = c.name \
                WHERE i.name IS NULL OR c.kind <> 'u'",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_collation",
        oid: 3456,
        columns: &[("oid", OID), ("collname", NAME), ("collnamespace", OID)],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_policy",
        oid: 3256,
        columns: &[
            ("oid", OID),
            ("polname", NAME),
            ("polrelid", OID),
            ("polcmd", CHAR),
            ("polpermissive", BOOL),
            ("polroles", Type::OID_ARRAY),
            ("polqual", TEXT),
            ("polwithcheck", TEXT),
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_statistic_ext",
        oid: 3381,
        columns: &[
            ("oid", OID),
            ("stxrelid", OID),
            ("stxname", NAME),
            ("stxnamespace", OID),
            ("stxkind", Type::CHAR_ARRAY),
            ("stxstattarget", INT2),
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_publication",
        oid: 6104,
        columns: &[("oid", OID), ("pubname", NAME), ("puballtables", BOOL)],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_publication_namespace",
        oid: 6237,
        columns: &[("oid", OID), ("pnpubid", OID), ("pnnspid", OID)],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_publication_rel",
        oid: 6106,
        columns: &[
            ("oid", OID),
            ("prpubid", OID),
            ("prrelid", OID),
            ("prqual", TEXT),
            ("prattrs", Type::INT2_ARRAY),
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_trigger",
        oid: 2620,
        columns: &[
            ("oid", OID),
            ("tgrelid", OID),
            ("tgparentid", OID),
            ("tgname", NAME),
            ("tgtype", INT2),
            ("tgenabled", CHAR),
            ("tgisinternal", BOOL),
        ],
        query: "",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_auth_members",
        oid: 1261,
        columns: &[
            ("oid", OID),
            ("roleid", OID),
            ("member", OID),
            ("grantor", OID),
            ("admin_option", BOOL),
        ],
        query: "",
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
            ("datlocprovider", CHAR),
            ("datlocale", TEXT),
            ("daticulocale", TEXT),
            ("daticurules", TEXT),
            ("dattablespace", OID),
            ("datacl", Type::TEXT_ARRAY),
        ],
        query: "SELECT 5 AS oid, '$database' AS datname, 10 AS datdba, 6 AS encoding, 'C' AS datcollate, 'C' AS datctype, 1 AS datallowconn, \
                0 AS datistemplate, -1 AS datconnlimit, 'c' AS datlocprovider, NULL AS datlocale, NULL AS daticulocale, NULL AS daticurules, \
                1663 AS dattablespace, NULL AS datacl",
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
            ("rolconnlimit", INT4),
            ("rolvaliduntil", Type::TIMESTAMPTZ),
            ("rolbypassrls", BOOL),
        ],
        query: "SELECT 10 AS oid, '$user' AS rolname, 1 AS rolsuper, 1 AS rolinherit, 1 AS rolcreaterole, 1 AS rolcreatedb, 1 AS rolcanlogin, \
                0 AS rolreplication, -1 AS rolconnlimit, NULL AS rolvaliduntil, 1 AS rolbypassrls",
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
    Relation {
        schema: "pg_catalog",
        name: "pg_language",
        oid: 2612,
        columns: &[("oid", OID), ("lanname", NAME), ("lanowner", OID)],
        query: "SELECT 12 AS oid, 'internal' AS lanname, 10 AS lanowner",
    },
    Relation {
        schema: "pg_catalog",
        name: "pg_operator",
        oid: 2617,
        columns: &[
            ("oid", OID),
            ("oprname", NAME),
            ("oprnamespace", OID),
            ("oprowner", OID),
            ("oprkind", CHAR),
            ("oprcanmerge", BOOL),
            ("oprcanhash", BOOL),
            ("oprleft", OID),
            ("oprright", OID),
            ("oprresult", OID),
            ("oprcode", Type::REGPROC),
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
        columns: &[
            ("inhrelid", OID),
            ("inhparent", OID),
            ("inhseqno", INT4),
            ("inhdetachpending", BOOL),
        ],
        query: "",
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
