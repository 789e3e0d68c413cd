#!/usr/bin/env python3
"""Writes src/ty/table.rs from the catalog of a running PostgreSQL.

usage: type-table.py [psql arguments…] > src/ty/table.rs

OIDs below 10000 are assigned by hand in PostgreSQL and never change; row types of catalogs are left out.
"""

import subprocess
import sys

QUERY = """
select t.oid, t.typname, format_type(t.oid, null), t.typlen, t.typelem, t.typarray, t.typtype, t.typcategory,
       t.typdelim, coalesce(r.rngsubtype, m.rngsubtype, 0), t.typsubscript = 'array_subscript_handler'::regproc and t.typlen = -1 and t.typname like '\\_%'
  from pg_catalog.pg_type t
  left join pg_catalog.pg_range r on r.rngtypid = t.oid
  left join pg_catalog.pg_range m on m.rngmultitypid = t.oid
 where t.oid < 10000 and t.typrelid = 0
   and not exists (select from pg_catalog.pg_type e where e.oid = t.typelem and e.typrelid <> 0)
 order by t.oid
"""

KINDS = {"b": "Base", "p": "Pseudo", "r": "Range", "m": "Multirange"}


def main():
    out = subprocess.run(
        ["psql", "-X", "-At", "-F", "\t", *sys.argv[1:], "-c", QUERY], check=True, capture_output=True, text=True
    )
    rows = [line.split("\t") for line in out.stdout.splitlines()]
    names = {row[0]: row[1] for row in rows}
    print("// Written by scripts/type-table.py from pg_catalog.pg_type of PostgreSQL 18; do not edit.\n")
    print("use super::Kind;\n")
    print("super::types! {")
    for oid, name, sql, size, element, array, kind, category, delimiter, bound, subscripted in rows:
        is_array = subscripted == "t"
        const = (names[element] + "_ARRAY" if is_array else name).upper()
        kind = "Array" if is_array else KINDS[kind]
        inner = element if is_array else bound
        sql = sql.replace('"', '\\"')
        print(f'    {const} {oid} "{name}" "{sql}" {size} {inner} {array} {kind} b\'{delimiter}\';')
    print("}")


main()
