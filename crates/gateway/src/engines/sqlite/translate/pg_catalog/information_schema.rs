//! The SQL standard's view of the tables.

use super::{INT4, NAME, Relation, TEXT};

pub(super) const RELATIONS: &[Relation] = &[
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
