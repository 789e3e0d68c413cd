"""psycopg 3, in text and in binary; libpq reads where to connect from the environment."""

import os
import threading
import time
from contextlib import suppress

import psycopg
from psycopg import errors
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.json import Json, Jsonb
from psycopg.types.numeric import Float4, Float8, Int2, Int4, Int8, Oid

from cases import LOGIN, ROW, TARGET, VALUES, case, case_if, faults, flat_memory, people, run_all, same

TABLE = f"psycopg_{LOGIN}"

# Python has one type of integer and one of float; these say which of PostgreSQL's is meant.
WRAP = {"int2": Int2, "int4": Int4, "int8": Int8, "float4": Float4, "float8": Float8, "oid": Oid}


def connect():
    return psycopg.connect(autocommit=True)


def prepare_table(conn):
    for statement in people(TABLE):
        conn.execute(statement)
    conn.execute(f"insert into {TABLE} (name, age) values ('Ada', 36)")


@case
def login(conn):
    same(conn.execute("select current_user").fetchone()[0], os.environ["PGUSER"])
    same(conn.info.encoding, "utf-8")
    assert conn.info.server_version >= 140000, conn.info.server_version
    same(conn.info.parameter_status("standard_conforming_strings"), "on")
    if LOGIN == "tls":
        assert conn.pgconn.ssl_in_use


@case
def protocol_3_2_is_spoken_or_negotiated_down(conn):
    with psycopg.connect(autocommit=True, max_protocol_version="latest") as newer:
        same(newer.execute("select 1").fetchone()[0], 1)
        same(newer.pgconn.full_protocol_version, 30000 if TARGET == "postgresql-15" else 30002)


@case_if(LOGIN == "tls" and TARGET != "postgresql-15")
def a_direct_tls_connection(conn):
    with psycopg.connect(autocommit=True, sslnegotiation="direct") as direct:
        same(direct.execute("select 1").fetchone()[0], 1)


def there_and_back(conn, parameter, binary):
    cur = conn.cursor(binary=binary)
    for type_name, oid, values in VALUES:
        for value in values:
            wrapped = WRAP.get(type_name, lambda plain: plain)(value)
            cur.execute(f"select {parameter}::{type_name}", [wrapped])
            same(cur.description[0].type_code, oid)
            same(cur.pgresult.fformat(0), int(binary))
            got = cur.fetchone()[0]
            assert repr(got) == repr(value), f"{type_name}: got {got!r} instead of {value!r}"


@case
def every_type_sent_as_text_received_as_text(conn):
    there_and_back(conn, "%t", False)


@case
def every_type_sent_as_text_received_as_binary(conn):
    there_and_back(conn, "%t", True)


@case
def every_type_sent_as_binary_received_as_text(conn):
    there_and_back(conn, "%b", False)


@case
def every_type_sent_as_binary_received_as_binary(conn):
    there_and_back(conn, "%b", True)


@case
def json_and_jsonb(conn):
    document = {"a": [1, 2.5, None, True], "ü": {"nested": "\"'\\"}}
    for wrap, type_name, oid in [(Json, "json", 114), (Jsonb, "jsonb", 3802)]:
        for parameter in ["%t", "%b"]:
            for binary in [False, True]:
                cur = conn.cursor(binary=binary)
                cur.execute(f"select {parameter}::{type_name}", [wrap(document)])
                same(cur.description[0].type_code, oid)
                same(cur.fetchone()[0], document)


@case
def the_text_of_values_is_exact(conn):
    for type_name, text in [
        ("float4", "0.1"),
        ("float4", "1e+20"),
        ("float8", "0.30000000000000004"),
        ("float8", "1e-07"),
        ("float8", "1e+15"),
        ("float8", "123456789012345"),
        ("float8", "-0"),
        ("numeric", "0.00"),
        ("numeric", "Infinity"),
        ("date", "infinity"),
        ("date", "0044-03-15 BC"),
        ("timestamp", "-infinity"),
        ("timestamp", "0044-03-15 12:00:00 BC"),
        ("timestamptz", "294276-12-31 23:59:59.999999+00"),
        ("time", "24:00:00"),
        ("timetz", "01:02:03+05:30"),
        ("interval", "1 year 2 mons -3 days +04:05:06.7"),
        ("bytea", "\\x00ff"),
        ("int4[]", "[0:1]={7,8}"),
        ("text[]", '{"a,b",NULL,"NULL",""}'),
    ]:
        row = conn.execute(f"select %s::{type_name}", [text])
        same(row.pgresult.get_value(0, 0).decode(), text)


@case
def a_table_of_every_type(conn):
    table = f"{TABLE}_kinds"
    conn.execute(f"drop table if exists {table}")
    conn.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, (kind, _) in ROW.items())})")
    values = [value for _, value in ROW.values()]
    for parameter in ["%t", "%b"]:
        conn.execute(f"delete from {table}")
        conn.execute(f"insert into {table} ({', '.join(ROW)}) values ({', '.join([parameter] * len(ROW))})", values)
        for binary in [False, True]:
            cur = conn.cursor(binary=binary)
            row = cur.execute(f"select * from {table}").fetchone()
            same([column.name for column in cur.description], list(ROW))
            for got, expected in zip(row, values):
                same(got, expected)
            found = cur.execute(f"select count(*) from {table} where an_int4 = {parameter} and a_text = {parameter}", [44, "Ünï ☃"])
            same(found.fetchone()[0], 1)
    conn.execute(f"drop table {table}")


@case
def nulls(conn):
    for binary in [False, True]:
        cur = conn.cursor(binary=binary)
        same(cur.execute("select %s::int4, %s::text, %s::timestamptz, null", [None] * 3).fetchone(), (None,) * 4)


@case
def an_empty_query(conn):
    same(ExecStatus(conn.execute("").pgresult.status), ExecStatus.EMPTY_QUERY)
    same(ExecStatus(conn.execute("-- nothing").pgresult.status), ExecStatus.EMPTY_QUERY)
    same(conn.execute("select 1").fetchone()[0], 1)


@case
def several_statements_in_one_query(conn):
    cur = psycopg.ClientCursor(conn)
    cur.execute("select 1; select 'two'; select 3 where 1 = 2")
    same(cur.fetchone()[0], 1)
    assert cur.nextset()
    same(cur.fetchone()[0], "two")
    assert cur.nextset()
    same(cur.fetchone(), None)
    assert not cur.nextset()


@case
def several_statements_with_parameters_are_refused(conn):
    try:
        conn.execute("select %s::int4; select 2", [1])
    except errors.SyntaxError as error:
        same(str(error), "cannot insert multiple commands into a prepared statement")
    else:
        raise AssertionError("no error")


@case
def a_prepared_statement_is_used_again(conn):
    for number in range(20):
        got = conn.execute("select %s::int4 + 1", [number], prepare=True).fetchone()[0]
        same(got, number + 1)
    same(len(conn._prepared._names), 1)


@case
def commit(conn):
    prepare_table(conn)
    conn.autocommit = False
    conn.execute(f"insert into {TABLE} (name) values ('Grace')")
    same(conn.info.transaction_status, TransactionStatus.INTRANS)
    conn.commit()
    same(conn.info.transaction_status, TransactionStatus.IDLE)
    with connect() as other:
        same(other.execute(f"select count(*) from {TABLE}").fetchone()[0], 2)


@case
def rollback(conn):
    prepare_table(conn)
    conn.autocommit = False
    conn.execute(f"insert into {TABLE} (name) values ('Grace')")
    conn.rollback()
    same(conn.execute(f"select count(*) from {TABLE}").fetchone()[0], 1)


@case
def isolation_levels_and_read_only(conn):
    prepare_table(conn)
    conn.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
    with conn.transaction():
        same(conn.execute("show transaction_isolation").fetchone()[0], "serializable")
    conn.isolation_level = None
    conn.read_only = True
    try:
        with conn.transaction():
            conn.execute(f"insert into {TABLE} (name) values ('Grace')")
    except errors.ReadOnlySqlTransaction:
        pass
    else:
        raise AssertionError("a read-only transaction wrote")


@case
def a_failed_transaction(conn):
    prepare_table(conn)
    conn.execute("begin")
    try:
        conn.execute("select * from nowhere")
    except errors.UndefinedTable:
        pass
    same(conn.info.transaction_status, TransactionStatus.INERROR)
    try:
        conn.execute("select 1")
    except errors.InFailedSqlTransaction:
        pass
    else:
        raise AssertionError("a failed transaction answered")
    done = conn.execute("commit")
    same(done.statusmessage, "ROLLBACK")
    same(conn.info.transaction_status, TransactionStatus.IDLE)


@case
def savepoints(conn):
    prepare_table(conn)
    with conn.transaction():
        conn.execute(f"insert into {TABLE} (name) values ('kept')")
        try:
            with conn.transaction():
                conn.execute(f"insert into {TABLE} (name) values ('undone')")
                conn.execute(f"insert into {TABLE} (name) values ('kept')")
        except errors.UniqueViolation:
            pass
        same(conn.info.transaction_status, TransactionStatus.INTRANS)
    names = [row[0] for row in conn.execute(f"select name from {TABLE} order by id")]
    same(names, ["Ada", "kept"])


@case
def errors_and_their_fields(conn):
    prepare_table(conn)
    for statement, code, fields in faults(TABLE):
        try:
            conn.execute(statement)
        except psycopg.Error as error:
            same(error.sqlstate, code)
            diag = error.diag
            said = {"table": diag.table_name, "column": diag.column_name, "constraint": diag.constraint_name, "position": diag.statement_position}
            for name, value in fields.items():
                assert said[name] == value, f"{code} {name}: {said[name]!r} instead of {value!r}"
            same(diag.severity_nonlocalized, "ERROR")
        else:
            raise AssertionError(f"no error: {statement}")
        same(conn.execute("select 1").fetchone()[0], 1)


@case
def values_that_do_not_fit(conn):
    for statement, parameter, code in [
        ("select %s::int4", "twelve", "22P02"),
        ("select %s::int2", "40000", "22003"),
        ("select %s::date", "2026-02-30", "22008"),
        ("select %s::uuid", "not-a-uuid", "22P02"),
        ("select %s::bool", "perhaps", "22P02"),
        ("select %s::jsonb", "{", "22P02"),
    ]:
        try:
            conn.execute(statement, [parameter])
        except psycopg.Error as error:
            assert error.sqlstate == code, f"{parameter}: {error.sqlstate} instead of {code}"
        else:
            raise AssertionError(f"no error: {statement}")


@case
def returning_and_on_conflict(conn):
    prepare_table(conn)
    cur = conn.execute(f"insert into {TABLE} (name, age) values (%s, %s) returning id, name", ["Alan", 41])
    same(cur.statusmessage, "INSERT 0 1")
    same(cur.fetchone()[1], "Alan")
    cur = conn.execute(
        f"insert into {TABLE} (name, age) values (%s, %s) on conflict (name) do update set age = excluded.age returning age", ["Alan", 42]
    )
    same(cur.fetchone()[0], 42)
    same(conn.execute(f"update {TABLE} set age = age + 1").statusmessage, "UPDATE 2")
    same(conn.execute(f"delete from {TABLE} where name = %s", ["Alan"]).rowcount, 1)


@case
def a_pipeline(conn):
    prepare_table(conn)
    with conn.pipeline():
        cursors = [conn.cursor() for _ in range(50)]
        for number, cur in enumerate(cursors):
            cur.execute(f"insert into {TABLE} (name, age) values (%s, %s) returning age", [f"n{number}", number])
        for number, cur in enumerate(cursors):
            same(cur.fetchone()[0], number)
    same(conn.execute(f"select count(*) from {TABLE}").fetchone()[0], 51)


@case
def a_pipeline_with_an_error_in_the_middle(conn):
    prepare_table(conn)
    with conn.pipeline() as pipeline:
        conn.execute(f"insert into {TABLE} (name) values ('before')")
        pipeline.sync()
        try:
            conn.execute(f"insert into {TABLE} (name) values ('same series')")
            conn.execute(f"insert into {TABLE} (name) values ('Ada')")
            conn.execute("select 1")
            pipeline.sync()
        except errors.UniqueViolation:
            # It shows as soon as the answer is there, and that may be before the series' end.
            with suppress(errors.PipelineAborted):
                pipeline.sync()
        else:
            raise AssertionError("no error")
        after = conn.execute(f"insert into {TABLE} (name) values ('after') returning name")
        same(after.fetchone()[0], "after")
    names = [row[0] for row in conn.execute(f"select name from {TABLE} order by id")]
    same(names, ["Ada", "before", "after"])


@case
def a_batch(conn):
    prepare_table(conn)
    cur = conn.cursor()
    cur.executemany(f"insert into {TABLE} (name, age) values (%s, %s)", [(f"n{number}", number) for number in range(200)])
    same(cur.rowcount, 200)
    same(conn.execute(f"select sum(age) from {TABLE} where name <> 'Ada'").fetchone()[0], 19900)


@case
def a_batch_with_an_error_in_the_middle(conn):
    prepare_table(conn)
    try:
        with conn.transaction():
            conn.cursor().executemany(f"insert into {TABLE} (name) values (%s)", [("one",), ("Ada",), ("two",)])
    except errors.UniqueViolation:
        pass
    same(conn.execute(f"select count(*) from {TABLE}").fetchone()[0], 1)


@case
def copy_in_and_out(conn):
    prepare_table(conn)
    with conn.cursor() as cur:
        with cur.copy(f"copy {TABLE} (name, age) from stdin") as copy:
            for number in range(2_000):
                copy.write_row((f"n{number}\t", number if number % 2 else None))
        same(cur.statusmessage, "COPY 2000")
        with cur.copy(f"copy (select name, age from {TABLE} where age < 5 order by age) to stdout") as copy:
            same(list(copy.rows()), [("n1\t", "1"), ("n3\t", "3")])
    same(conn.execute(f"select count(*), count(age) from {TABLE}").fetchone(), (2_001, 1001))


@case
def copy_in_that_fails(conn):
    prepare_table(conn)
    try:
        with conn.cursor().copy(f"copy {TABLE} (name) from stdin") as copy:
            for name in ["one", "Ada", "two"]:
                copy.write_row((name,))
    except errors.UniqueViolation:
        pass
    else:
        raise AssertionError("no error")
    try:
        with conn.cursor().copy(f"copy {TABLE} (name) from stdin") as copy:
            copy.write_row(("given up",))
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    same(conn.info.transaction_status, TransactionStatus.IDLE)
    same(conn.execute(f"select count(*) from {TABLE}").fetchone()[0], 1)


@case
def cancel(conn):
    timer = threading.Timer(0.5, conn.cancel_safe)
    timer.start()
    began = time.monotonic()
    try:
        conn.execute("select pg_sleep(20)")
    except errors.QueryCanceled as error:
        same(error.sqlstate, "57014")
    else:
        raise AssertionError("not cancelled")
    timer.join()
    assert time.monotonic() - began < 5
    same(conn.execute("select 1").fetchone()[0], 1)


@case
def statement_timeout(conn):
    conn.execute("set statement_timeout = '200ms'")
    try:
        conn.execute("select pg_sleep(20)")
    except errors.QueryCanceled as error:
        same(error.diag.message_primary, "canceling statement due to statement timeout")
    else:
        raise AssertionError("no timeout")
    conn.execute("reset statement_timeout")
    same(conn.execute("select 1").fetchone()[0], 1)


@case
def a_million_rows(conn):
    for binary in [False, True]:
        cur = conn.cursor(binary=binary)
        count = total = 0
        with flat_memory():
            for number, text in cur.stream("select g, 'row ' || g from generate_series(1, %s) as t(g)", [1_000_000], size=500):
                count += 1
                total += number
        same((count, total, text), (1_000_000, 500_000_500_000, "row 1000000"))


@case
def wide_rows(conn):
    columns = ", ".join(f"{number}::int4" for number in range(1600))
    same(sum(conn.execute(f"select {columns}").fetchone()), sum(range(1600)))


@case
def the_table_is_dropped(conn):
    conn.execute(f"drop table {TABLE}")


if __name__ == "__main__":
    run_all(connect)
