//! Tables with their columns, indexes and constraints.

use trunkline_server::Type;

use super::{BOOL, CHAR, FLOAT4, INT2, INT4, NAME, OID, Relation, TEXT};

/// `pg_index`, with each index's definition besides.
pub(super) const INDEX: &str = "SELECT oid AS indexrelid, rel AS indrelid, natts AS indnatts, natts AS indnkeyatts, 1 AS indisunique, \
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

pub(super) const RELATIONS: &[Relation] = &[
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
];
