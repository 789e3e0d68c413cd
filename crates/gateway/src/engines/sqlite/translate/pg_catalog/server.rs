//! The server: databases, roles, settings.

use trunkline_server::Type;

use super::{BOOL, CHAR, INT4, NAME, OID, Relation, TEXT};

pub(super) const RELATIONS: &[Relation] = &[
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
        name: "pg_am",
        oid: 2601,
        columns: &[("oid", OID), ("amname", NAME), ("amtype", CHAR)],
        query: "SELECT 2 AS oid, 'heap' AS amname, 't' AS amtype UNION ALL SELECT 403, 'btree', 'i'",
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
        name: "pg_settings",
        oid: 12003,
        columns: &[("name", TEXT), ("setting", TEXT)],
        query: "SELECT key AS name, value AS setting FROM json_each(tl_settings())",
    },
];
