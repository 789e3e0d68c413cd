-- All names are qualified, operators too: what others have put into the search path is not run (SEC-91).
with recursive wanted (oid) as (
    select pg_catalog.unnest($1::pg_catalog.oid[])
    union
    -- What a type is made of. OIDs below 10000 are the same everywhere.
    select part.oid
    from wanted
    join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) wanted.oid
    cross join lateral (
        select t.typbasetype as oid
        union all
        select t.typelem
        union all
        select a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) t.typrelid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
        union all
        select r.rngsubtype from pg_catalog.pg_range r
        where t.oid operator(pg_catalog.=) r.rngtypid or t.oid operator(pg_catalog.=) r.rngmultitypid
    ) part
    where part.oid operator(pg_catalog.>=) 10000::pg_catalog.oid
)
select
    t.oid,
    n.nspname::pg_catalog.text,
    t.typname::pg_catalog.text,
    case
        when t.typsubscript operator(pg_catalog.=) 'pg_catalog.array_subscript_handler'::pg_catalog.regproc then 'a'
        else t.typtype::pg_catalog.text
    end,
    t.typarray,
    t.typbasetype,
    t.typelem,
    array(
        select e.enumlabel::pg_catalog.text from pg_catalog.pg_enum e
        where e.enumtypid operator(pg_catalog.=) t.oid order by e.enumsortorder
    ),
    array(
        select a.attname::pg_catalog.text from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) t.typrelid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
        order by a.attnum
    ),
    array(
        select a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid operator(pg_catalog.=) t.typrelid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped
        order by a.attnum
    ),
    (
        select r.rngsubtype from pg_catalog.pg_range r
        where t.oid operator(pg_catalog.=) r.rngtypid or t.oid operator(pg_catalog.=) r.rngmultitypid
    )
from wanted
join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) wanted.oid
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.typnamespace
