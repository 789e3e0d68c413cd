#!/usr/bin/env bash
# psql: what a person at a terminal sees. Every case is one psql with a script on its standard input or as its -c.
set -u
export PSQLRC=/dev/null PAGER=

# equal NAME EXPECTED ACTUAL
equal() {
    if [ "$3" = "$2" ]; then
        echo "ok $1"
    else
        echo "not ok $1: expected and got:"
        diff <(echo "$2") <(echo "$3") | sed 's/^/  /'
    fi
}

# same NAME EXPECTED [psql's arguments...]: runs psql unaligned, tuples only, and compares all that it prints.
same() {
    local name=$1 expected=$2
    shift 2
    equal "$name" "$expected" "$(psql -X -A -t "$@" 2>&1)"
}

# contains NAME TEXT [psql's arguments...]: runs psql and looks for the text in all that it prints.
contains() {
    local name=$1 expected=$2 actual
    shift 2
    actual=$(psql -X "$@" 2>&1)
    case $actual in
        *"$expected"*) echo "ok $name" ;;
        *)
            echo "not ok $name: no \"$expected\" in:"
            echo "$actual" | sed 's/^/  /'
            ;;
    esac
}

table=psql_${INTEROP_LOGIN}
psql -X -q -v ON_ERROR_STOP=1 <<SQL || exit 1
set client_min_messages to warning;
drop table if exists $table;
create table $table (
    id serial primary key,
    name text not null,
    age int4,
    boss int4,
    constraint ${table}_name_key unique (name),
    constraint ${table}_age_check check (age >= 0),
    constraint ${table}_boss_fkey foreign key (boss) references $table (id)
);
SQL

# --- connecting -----------------------------------------------------------------------------------------------------
if [ "$INTEROP_LOGIN" = tls ]; then
    contains "tls: the connection is encrypted" "SSL connection (protocol: TLSv1.3" -c '\conninfo'
    contains "tls: an unknown authority is refused by psql" "certificate verify failed" -d "sslrootcert=/etc/ssl/certs/ca-certificates.crt" -c 'select 1'
fi
if [ -n "${PGPASSWORD:-}" ]; then
    contains "a wrong password is refused" "password authentication failed for user \"$PGUSER\"" -d "password=wrong" -c 'select 1'
    contains "an unknown user is refused in the same words" 'password authentication failed for user "nobody-here"' -U nobody-here -c 'select 1'
fi
same "who and where" "$PGUSER|$PGDATABASE" -c 'select current_user, current_database()'
same "application_name" "psql|elsewhere" -q <<'SQL'
show application_name
\gset
set application_name to 'elsewhere';
show application_name
\gset then_
\echo :application_name|:then_application_name
SQL

# --- values ---------------------------------------------------------------------------------------------------------
same "bool and integers" "t|f|-32768|2147483647|-9223372036854775808" \
    -c "select true, false, '-32768'::int2, 2147483647::int4, '-9223372036854775808'::int8"
same "floats" "0.1|1e+20|-1.5|0.30000000000000004" \
    -c "select '0.1'::float4, '1e20'::float8, '-1.5'::float8, '0.30000000000000004'::float8"
same "numeric" "12345678901234567890.1234567890|-0.001" \
    -c "select '12345678901234567890.1234567890'::numeric, '-0.001'::numeric"
same "text and bytea" "it's|x|\\x00ff10" -c "select 'it''s'::text, 'x'::varchar, '\\x00ff10'::bytea"
same "date and time" "2026-02-28|23:59:59.999999|2026-02-28 01:02:03.5|2026-02-28 01:02:03+00" \
    -c "select '2026-02-28'::date, '23:59:59.999999'::time, '2026-02-28 01:02:03.5'::timestamp, '2026-02-28 01:02:03+00'::timestamptz"
same "interval" "1 year 2 mons 3 days 04:05:06.7" -c "select '1 year 2 mons 3 days 04:05:06.7'::interval"
same "uuid and json" 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|{"a": [1, 2]}|{"a": [1, 2]}' \
    -c "select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{\"a\": [1, 2]}'::json, '{\"a\": [1, 2]}'::jsonb"
same "arrays" '{1,2,NULL}|{a,"b c","d,e"}' -c "select '{1,2,NULL}'::int4[], '{a,\"b c\",\"d,e\"}'::text[]"
same "null and empty" "∅|" -P null=∅ -c "select null::text, ''::text"
same "unicode" "Ünï ☃ 🦀 日本語" -c "select 'Ünï ☃ 🦀 日本語'"
same "dollar quotes and comments" "a;b|1" -c "select \$x\$a;b\$x\$, /* one /* two */ */ 1 -- three"
contains "column names" "answer | question" -c "select 42 as answer, 'what' as question"

# --- statements -----------------------------------------------------------------------------------------------------
same "empty query" "" -c ""
same "only a comment" "" -c "-- nothing"
same "several statements in one query" $'1\n2\n3' -c "select 1; select 2; select 3"
contains "command tags" $'INSERT 0 2\nUPDATE 1\nDELETE 1' <<SQL
insert into $table (name, age) values ('Ada', 36), ('Grace', 85);
update $table set age = 37 where name = 'Ada';
delete from $table where name = 'Grace';
SQL
same "returning" "Alan|41" -q -c "insert into $table (name, age) values ('Alan', 41) returning name, age"
same "on conflict" "Alan|42" -q -c "insert into $table (name, age) values ('Alan', 1) on conflict (name) do update set age = 42 returning name, age"
same "row count" "2" -q <<SQL
select * from $table \g /dev/null
\echo :ROW_COUNT
SQL

# --- describing -----------------------------------------------------------------------------------------------------
contains "\\d: the table's columns" "id     | integer |           | not null | nextval('${table}_id_seq'::regclass)" -c "\\d $table"
contains "\\d: its keys" "    \"${table}_pkey\" PRIMARY KEY, btree (id)
    \"${table}_name_key\" UNIQUE CONSTRAINT, btree (name)" -c "\\d $table"
contains "\\d: its checks" "    \"${table}_age_check\" CHECK (" -c "\\d $table"
contains "\\d: its references" "    \"${table}_boss_fkey\" FOREIGN KEY (boss) REFERENCES $table(id)" -c "\\d $table"
contains "\\d: what refers to it" "    TABLE \"$table\" CONSTRAINT \"${table}_boss_fkey\" FOREIGN KEY (boss) REFERENCES $table(id)" -c "\\d $table"
contains "\\d: an index" "primary key, btree, for table \"public.$table\"" -c "\\d ${table}_pkey"
contains "\\di" "| ${table}_name_key " -c '\di'
contains "\\df" "List of functions" -c '\df'
contains "\\df of one" " | now  | timestamp with time zone | " -c '\df now'
contains "\\dt" "| $table " -c '\dt'
contains "\\du" " $PGUSER " -c '\du'

# --- transactions ---------------------------------------------------------------------------------------------------
same "commit and rollback" "1" -q -c "begin; insert into $table (name) values ('Edsger'); commit" \
    -c "begin" -c "insert into $table (name) values ('Barbara')" -c "rollback" \
    -c "select count(*) from $table where name in ('Edsger', 'Barbara')"
same "a failed transaction" $'BEGIN\nINSERT 0 1\nERROR:  42P01\nERROR:  25P02\nROLLBACK\n0' -v VERBOSITY=sqlstate <<SQL
begin;
insert into $table (name) values ('lost');
select * from no_such_table;
select 1;
commit;
select count(*) from $table where name = 'lost';
SQL
same "savepoints" "kept" -q <<SQL
begin;
insert into $table (name) values ('kept');
savepoint s;
insert into $table (name) values ('undone');
rollback to savepoint s;
release savepoint s;
commit;
select name from $table where name in ('kept', 'undone');
SQL
psql -X -q -c "insert into $table (name) values ('undone'); insert into $table (name) values ('Ada')" >/dev/null 2>&1
same "an error undoes the statements before it in the same query" "0" -c "select count(*) from $table where name = 'undone'"

# --- copy -----------------------------------------------------------------------------------------------------------
copy=${table}_copy
rows=$'1\tone\n2\t\\N\n3\ttab \\t and \\\\'
psql -X -q -c "create table $copy (id int4 primary key, name text)" || exit 1
same "copy in and out" $'COPY 3\n3\n'"$rows" <<SQL
\\copy $copy from stdin
$rows
\\.
select count(*) from $copy;
copy (select * from $copy order by id) to stdout;
SQL
same "copy as csv" $'id,name\n1,one\n2,' -c "copy (select * from $copy where id < 3 order by id) to stdout with (format csv, header)"
same "copy stops at a row that does not fit" $'ERROR:  22P02\n3' -v VERBOSITY=sqlstate <<SQL
\\copy $copy from stdin
4	four
five	5
6	six
\\.
select count(*) from $copy;
SQL
psql -X -q -c "drop table $copy" || echo "not ok drop the table of copies: it is still there"

# --- errors ---------------------------------------------------------------------------------------------------------
# sqlstate NAME CODE SQL FIELD...: the error's code, and each field as psql prints it.
sqlstate() {
    local name=$1 code=$2 sql=$3 actual field
    shift 3
    actual=$(psql -X -v VERBOSITY=verbose -c "$sql" 2>&1)
    for field in "ERROR:  $code:" "$@"; do
        case $actual in
            *"$field"*) ;;
            *)
                echo "not ok $name: no \"$field\" in:"
                echo "$actual" | sed 's/^/  /'
                return
                ;;
        esac
    done
    echo "ok $name"
}
sqlstate "unique violation" 23505 "insert into $table (name) values ('Ada')" "TABLE NAME:  $table" "CONSTRAINT NAME:  ${table}_name_key"
sqlstate "not-null violation" 23502 "insert into $table (name) values (null)" "TABLE NAME:  $table" "COLUMN NAME:  name"
sqlstate "foreign-key violation" 23503 "insert into $table (name, boss) values ('Ghost', 999)" "TABLE NAME:  $table" "CONSTRAINT NAME:  ${table}_boss_fkey"
sqlstate "check violation" 23514 "insert into $table (name, age) values ('Young', -1)" "TABLE NAME:  $table" "CONSTRAINT NAME:  ${table}_age_check"
sqlstate "unknown table" 42P01 "select * from nowhere" 'relation "nowhere" does not exist' $'LINE 1: select * from nowhere\n                      ^'
sqlstate "unknown column" 42703 "select nothing from $table" 'column "nothing" does not exist' $'LINE 1: select nothing from\x20'"$table"$'\n               ^'
sqlstate "syntax error" 42601 "selec 1" 'syntax error at or near "selec"' $'LINE 1: selec 1\n        ^'
sqlstate "syntax error on a later line" 42601 $'select 1,\n  from from' $'LINE 2:   from from\n'

# --- cancel ---------------------------------------------------------------------------------------------------------
began=$(date +%s%N)
actual=$(timeout -s INT 1 psql -X -A -t -c "select pg_sleep(20)" -c "select 'still here'" 2>&1)
took=$((($(date +%s%N) - began) / 1000000))
case $took,$actual in
    [0-9],*|[0-9][0-9],*|[0-9][0-9][0-9],*|[1-4][0-9][0-9][0-9],*"canceling statement due to user request"*) echo "ok cancel by Ctrl-C" ;;
    *) echo "not ok cancel by Ctrl-C: after $took ms: $actual" ;;
esac

# --- large results --------------------------------------------------------------------------------------------------
# memory FIELD: the server's memory in kB (VmRSS: now, VmHWM: at its highest), where one process serves all sessions.
memory() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$INTEROP_SERVER_PID/status"; }

if [ -n "${INTEROP_SERVER_PID:-}" ]; then
    echo 5 >"/proc/$INTEROP_SERVER_PID/clear_refs"
    before=$(memory VmRSS)
fi
same "a million rows" "1000000 500000500000" -q <<'SQL'
\o |awk '{ n++; s += $1 } END { printf "%.0f %.0f\n", n, s }'
select g from generate_series(1, 1000000) as t(g);
\o
SQL
if [ -n "${INTEROP_SERVER_PID:-}" ]; then
    grown=$(($(memory VmHWM) - before))
    equal "a million rows: the server's memory stays flat" "at most 8192 kB more" "$([ $grown -le 8192 ] && echo "at most 8192 kB more" || echo "$grown kB more")"
fi
large=$(head -c 1000000 /dev/zero | tr '\0' x)
equal "a value of a million characters, there and back" "$large" "$(echo "select '$large'" | psql -X -A -t 2>&1)"

psql -X -q -c "drop table $table" || echo "not ok drop the table: it is still there"
echo done
