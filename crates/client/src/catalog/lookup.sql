with recursive wanted (oid) as (
    select unnest($1::pg_catalog.oid[])
    union
    -- What a type is made of. OIDs below 10000 are the same everywhere.
    select part.oid
    from wanted
    join pg_catalog.pg_type t on t.oid = wanted.oid
    cross join lateral (
        select t.typbasetype as oid
        union all
        select t.typelem
        union all
        select a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        union all
        select r.rngsubtype from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
    ) part
    where part.oid >= 10000
)
select
    t.oid,
    n.nspname::text,
    t.typname::text,
    case when t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc then 'a' else t.typtype::text end,
    t.typarray,
    t.typbasetype,
    t.typelem,
    array(
        select e.enumlabel::text from pg_catalog.pg_enum e
        where e.enumtypid = t.oid order by e.enumsortorder
    ),
    array(
        select a.attname::text from pg_catalog.pg_attribute a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum
    ),
    array(
        select a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped order by a.attnum
    ),
    (select r.rngsubtype from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid))
from wanted
join pg_catalog.pg_type t on t.oid = wanted.oid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
