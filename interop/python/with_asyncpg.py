"""asyncpg: everything in binary, prepared statements for everything, portals that suspend."""

import asyncio
import json
import os
import ssl
import time

import asyncpg

from cases import LOGIN, ROW, VALUES, case, case_if, faults, flat_memory, people, run_all_async, same

TABLE = f"asyncpg_{LOGIN}"


async def connect():
    # Host, port, user, password and certificate authority come from libpq's environment variables.
    return await asyncpg.connect(timeout=20)


async def prepare_table(conn):
    for statement in people(TABLE):
        await conn.execute(statement)
    await conn.execute(f"insert into {TABLE} (name, age) values ('Ada', 36)")


async def refused(error, awaitable):
    """Awaits something that must fail so; the error."""
    try:
        await awaitable
    except error as caught:
        return caught
    raise AssertionError(f"no {error.__name__}")


@case
async def login(conn):
    same(await conn.fetchval("select current_user"), os.environ["PGUSER"])
    same(conn.get_settings().server_encoding, "UTF8")
    assert conn.get_server_version().major >= 14


@case_if(LOGIN == "tls")
async def a_certificate_of_another_authority_is_refused(conn):
    context = ssl.create_default_context()
    await refused(ssl.SSLCertVerificationError, asyncpg.connect(ssl=context))


@case_if("PGPASSWORD" in os.environ)
async def a_wrong_password_is_refused(conn):
    error = await refused(asyncpg.InvalidPasswordError, asyncpg.connect(password="wrong"))
    same(error.sqlstate, "28P01")


@case
async def every_type_there_and_back(conn):
    for type_name, _, values in VALUES:
        for value in values:
            statement = await conn.prepare(f"select $1::{type_name} as value")
            same(statement.get_parameters()[0].name, statement.get_attributes()[0].type.name)
            got = await statement.fetchval(value)
            same(got, value)


@case
async def json_and_jsonb(conn):
    document = json.dumps({"a": [1, 2.5, None, True], "ü": "☃"})
    for type_name in ["json", "jsonb"]:
        same(json.loads(await conn.fetchval(f"select $1::{type_name}", document)), json.loads(document))


@case
async def a_table_of_every_type(conn):
    table = f"{TABLE}_kinds"
    await conn.execute(f"drop table if exists {table}")
    await conn.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, (kind, _) in ROW.items())})")
    marks = ", ".join(f"${number + 1}" for number in range(len(ROW)))
    values = [value for _, value in ROW.values()]
    # No cast: the server finds the type of each parameter in the column it goes to.
    insert = await conn.prepare(f"insert into {table} ({', '.join(ROW)}) values ({marks})")
    same([parameter.name for parameter in insert.get_parameters()][:4], ["bool", "int2", "int4", "int8"])
    await insert.fetch(*values)
    row = await conn.fetchrow(f"select * from {table}")
    same(list(row.keys()), list(ROW))
    for got, expected in zip(row.values(), values):
        same(got, expected)
    same(await conn.fetchval(f"select a_text from {table} where an_int8 = $1 and a_uuid = $2", ROW["an_int8"][1], ROW["a_uuid"][1]), "Ünï ☃")
    await conn.execute(f"drop table {table}")


@case
async def nulls(conn):
    same(tuple(await conn.fetchrow("select $1::int4, $2::text, $3::timestamptz, null", None, None, None)), (None,) * 4)


@case
async def a_value_of_the_wrong_type_is_refused(conn):
    await refused(asyncpg.DataError, conn.fetchval("select $1::int4", "text"))
    same(await conn.fetchval("select $1::int4", 1), 1)


@case
async def an_empty_query(conn):
    same(await conn.fetch(""), [])
    same(await conn.fetch("-- nothing"), [])
    same(await conn.fetchval("select 1"), 1)


@case
async def several_statements_in_one_query(conn):
    await prepare_table(conn)
    same(await conn.execute(f"select 1; insert into {TABLE} (name) values ('Grace')"), "INSERT 0 1")
    error = await refused(asyncpg.UniqueViolationError, conn.execute(f"insert into {TABLE} (name) values ('lost'); insert into {TABLE} (name) values ('Ada')"))
    same(error.sqlstate, "23505")
    same(await conn.fetchval(f"select count(*) from {TABLE}"), 2)


@case
async def a_prepared_statement_is_used_again(conn):
    statement = await conn.prepare("select $1::int4 + 1")
    for number in range(100):
        same(await statement.fetchval(number), number + 1)


@case
async def unnamed_statements_only(conn):
    plain = await asyncpg.connect(statement_cache_size=0)
    for number in range(10):
        same(await plain.fetchval("select $1::int4", number), number)
    await plain.close()


@case
async def many_statements_push_each_other_out_of_the_cache(conn):
    small = await asyncpg.connect(statement_cache_size=3)
    for number in range(12):
        same(await small.fetchval(f"select {number % 6}::int4"), number % 6)
    await small.close()


@case
async def a_table_that_changes_under_a_statement(conn):
    table = f"{TABLE}_changes"
    await conn.execute(f"drop table if exists {table}")
    await conn.execute(f"create table {table} (a int4)")
    await conn.execute(f"insert into {table} values (1)")
    same(tuple(await conn.fetchrow(f"select * from {table}")), (1,))
    await conn.execute(f"alter table {table} add column b text")
    # PostgreSQL says "cached plan must not change result type"; asyncpg prepares again and asks once more.
    same(tuple(await conn.fetchrow(f"select * from {table}")), (1, None))
    await conn.execute(f"drop table {table}")


@case
async def commit_and_rollback(conn):
    await prepare_table(conn)
    async with conn.transaction():
        await conn.execute(f"insert into {TABLE} (name) values ('kept')")
        assert conn.is_in_transaction()
    assert not conn.is_in_transaction()
    transaction = conn.transaction(isolation="serializable")
    await transaction.start()
    await conn.execute(f"insert into {TABLE} (name) values ('lost')")
    await transaction.rollback()
    same([row["name"] for row in await conn.fetch(f"select name from {TABLE} order by id")], ["Ada", "kept"])


@case
async def a_failed_transaction(conn):
    await prepare_table(conn)
    await conn.execute("begin")
    await refused(asyncpg.UndefinedTableError, conn.fetch("select * from nowhere"))
    await refused(asyncpg.InFailedSQLTransactionError, conn.fetch("select 1"))
    assert conn.is_in_transaction()
    same(await conn.execute("commit"), "ROLLBACK")
    assert not conn.is_in_transaction()


@case
async def savepoints(conn):
    await prepare_table(conn)
    async with conn.transaction():
        await conn.execute(f"insert into {TABLE} (name) values ('kept')")
        try:
            async with conn.transaction():
                await conn.execute(f"insert into {TABLE} (name) values ('undone')")
                await conn.execute(f"insert into {TABLE} (name) values ('kept')")
        except asyncpg.UniqueViolationError:
            pass
    same([row["name"] for row in await conn.fetch(f"select name from {TABLE} order by id")], ["Ada", "kept"])


@case
async def errors_and_their_fields(conn):
    await prepare_table(conn)
    for statement, code, fields in faults(TABLE):
        error = await refused(asyncpg.PostgresError, conn.fetch(statement))
        same(error.sqlstate, code)
        said = {"table": error.table_name, "column": error.column_name, "constraint": error.constraint_name, "position": error.position}
        for name, value in fields.items():
            assert said[name] == value, f"{code} {name}: {said[name]!r} instead of {value!r}"
        same(await conn.fetchval("select 1"), 1)


@case
async def a_cursor_fetches_less_than_there_is(conn):
    async with conn.transaction():
        cursor = await conn.cursor("select g from generate_series(1, 25) as t(g)")
        same([row[0] for row in await cursor.fetch(10)], list(range(1, 11)))
        # Another statement between two fetches of the same portal.
        same(await conn.fetchval("select 'between'"), "between")
        same((await cursor.fetchrow())[0], 11)
        same([row[0] for row in await cursor.fetch(100)], list(range(12, 26)))
        same(await cursor.fetch(1), [])


@case
async def two_cursors_take_turns(conn):
    async with conn.transaction():
        first = await conn.cursor("select g from generate_series(1, 10) as t(g)")
        second = await conn.cursor("select g * 100 from generate_series(1, 10) as t(g)")
        for number in range(1, 11):
            same((await first.fetchrow())[0], number)
            same((await second.fetchrow())[0], number * 100)


@case
async def a_batch(conn):
    await prepare_table(conn)
    await conn.executemany(f"insert into {TABLE} (name, age) values ($1, $2)", [(f"n{number}", number) for number in range(500)])
    same(await conn.fetchval(f"select count(*) from {TABLE}"), 501)


@case
async def a_batch_with_an_error_in_the_middle(conn):
    await prepare_table(conn)
    await refused(asyncpg.UniqueViolationError, conn.executemany(f"insert into {TABLE} (name) values ($1)", [("one",), ("Ada",), ("two",)]))
    # The whole batch is one series up to Sync, and so one implicit transaction.
    same(await conn.fetchval(f"select count(*) from {TABLE}"), 1)


@case
async def cancel_by_a_timeout(conn):
    began = time.monotonic()
    await refused(asyncio.TimeoutError, conn.fetchval("select pg_sleep(20)", timeout=0.3))
    assert time.monotonic() - began < 5
    same(await conn.fetchval("select 1"), 1)


@case
async def cancel_a_task(conn):
    task = asyncio.ensure_future(conn.execute("select pg_sleep(20)"))
    await asyncio.sleep(0.2)
    task.cancel()
    await refused(asyncio.CancelledError, task)
    same(await conn.fetchval("select 1"), 1)


@case
async def a_million_rows(conn):
    count = total = 0
    with flat_memory():
        async with conn.transaction():
            async for row in conn.cursor("select g, 'row ' || g as t from generate_series(1, 1000000) as t(g)", prefetch=5000):
                count += 1
                total += row[0]
    same((count, total, row[1]), (1_000_000, 500_000_500_000, "row 1000000"))


@case
async def a_pool_resets_its_connections(conn):
    async with asyncpg.create_pool(min_size=1, max_size=2) as pool:
        for _ in range(3):
            async with pool.acquire() as pooled:
                await pooled.execute("set application_name = 'borrowed'")
                same(await pooled.fetchval("show application_name"), "borrowed")
        async with pool.acquire() as pooled:
            same(await pooled.fetchval("show application_name"), "")


@case
async def the_table_is_dropped(conn):
    await conn.execute(f"drop table {TABLE}")


if __name__ == "__main__":
    asyncio.run(run_all_async(connect))
