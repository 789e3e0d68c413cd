"""What the Python drivers share: a list of cases, and the values that go there and back."""

import inspect
import os
import re
import traceback
import uuid
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

SERVER_PID = os.environ.get("INTEROP_SERVER_PID")
LOGIN = os.environ["INTEROP_LOGIN"]
TARGET = os.environ["INTEROP_TARGET"]
CASES = []


def case(function):
    """Marks a function as a case; its name, in words, is the case's."""
    CASES.append(function)
    return function


def case_if(condition):
    """Marks a function as a case for some logins or targets only."""
    return case if condition else lambda function: function


def report(function, error):
    name = function.__name__.replace("_", " ")
    if error is None:
        print(f"ok {name}", flush=True)
    else:
        line = traceback.extract_tb(error.__traceback__)[1].lineno
        text = re.sub(r"\s*\n\s*", " / ", str(error))[:400]
        print(f"not ok {name}: line {line}: {type(error).__name__}: {text}", flush=True)


def same(actual, expected):
    """Equal, and of the expected type (True is not 1) or one derived from it; NaN equals NaN."""
    ok = isinstance(actual, type(expected)) and (actual == expected or (actual != actual and expected != expected))
    ok = ok and isinstance(actual, bool) == isinstance(expected, bool)
    assert ok, f"got {actual!r} instead of {expected!r}"


def memory(field):
    """The server's memory in kB: VmRSS now, VmHWM at its highest."""
    with open(f"/proc/{SERVER_PID}/status") as status:
        return int(re.search(rf"{field}:\s+(\d+) kB", status.read()).group(1))


@contextmanager
def flat_memory():
    """Fails if the server's memory grows by more than 8 MiB meanwhile, where one process serves all sessions."""
    if SERVER_PID:
        with open(f"/proc/{SERVER_PID}/clear_refs", "w") as peak:
            peak.write("5")
        before = memory("VmRSS")
    yield
    if SERVER_PID:
        grown = memory("VmHWM") - before
        assert grown <= 8192, f"the server grew by {grown} kB"


UTC = timezone.utc
EAST = timezone(timedelta(hours=5, minutes=30))

# (type in SQL, OID, values)
VALUES = [
    ("bool", 16, [True, False]),
    ("int2", 21, [0, -32768, 32767]),
    ("int4", 23, [0, -2147483648, 2147483647]),
    ("int8", 20, [0, -9223372036854775808, 9223372036854775807]),
    ("float4", 700, [0.0, 1.5, -0.25, float("inf"), float("nan")]),
    ("float8", 701, [0.1, -1e308, 5e-324, 1e-7, float("-inf"), float("nan")]),
    (
        "numeric",
        1700,
        [Decimal(text) for text in ["0", "1", "-1.50", "0.00012300", "9999.9999", "10000", "NaN", "1" + "0" * 60, "-0." + "0" * 40 + "17"]],
    ),
    ("text", 25, ["", "plain", "it's \"quoted\" \\ $1 %s", "Ünï ☃ 🦀 日本語", "line\nline\ttab", "x" * 100_000]),
    ("varchar", 1043, ["", "Grüße"]),
    ("bytea", 17, [b"", bytes(range(256)), b"\x00" * 70_000]),
    ("date", 1082, [date(2026, 2, 28), date(1999, 12, 31), date(1, 1, 1), date(9999, 12, 31)]),
    ("time", 1083, [time(0, 0), time(23, 59, 59, 999999), time(12, 30, 0, 1)]),
    ("timetz", 1266, [time(12, 30, tzinfo=EAST), time(0, 0, 0, 1, tzinfo=UTC)]),
    ("timestamp", 1114, [datetime(2026, 2, 28, 1, 2, 3, 4), datetime(1970, 1, 1), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)]),
    ("timestamptz", 1184, [datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC), datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)]),
    ("interval", 1186, [timedelta(0), timedelta(days=3, hours=4, microseconds=5), timedelta(days=-1, seconds=-1)]),
    ("uuid", 2950, [uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), uuid.UUID(int=0)]),
    ("oid", 26, [0, 4294967295]),
    ("int4[]", 1007, [[], [1, None, -3], [[1, 2], [3, 4]]]),
    ("int8[]", 1016, [[9223372036854775807]]),
    ("float8[]", 1022, [[0.5, None]]),
    ("bool[]", 1000, [[True, False, None]]),
    ("text[]", 1009, [["", "NULL", None, 'a "b", {c}', "\\", "Ü"]]),
    ("numeric[]", 1231, [[Decimal("1.50"), None]]),
    ("bytea[]", 1001, [[b"\x00\xff", None]]),
    ("date[]", 1182, [[date(2026, 2, 28), None]]),
    ("timestamptz[]", 1185, [[datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC)]]),
    ("uuid[]", 2951, [[uuid.UUID(int=1), None]]),
]

# The columns of a table with every type, and a row of it.
ROW = {
    "a_bool": ("bool", True),
    "an_int2": ("int2", -2),
    "an_int4": ("int4", 44),
    "an_int8": ("int8", 2**40),
    "a_float4": ("float4", 0.5),
    "a_float8": ("float8", 0.1),
    "a_numeric": ("numeric(20, 4)", Decimal("12345.6700")),
    "a_text": ("text", "Ünï ☃"),
    "a_varchar": ("varchar(20)", "short"),
    "a_bytea": ("bytea", b"\x00\x01\xff"),
    "a_date": ("date", date(2026, 2, 28)),
    "a_time": ("time", time(1, 2, 3, 4)),
    "a_timestamp": ("timestamp", datetime(2026, 2, 28, 1, 2, 3, 4)),
    "a_timestamptz": ("timestamptz", datetime(2026, 2, 28, 1, 2, 3, 4, tzinfo=UTC)),
    "an_interval": ("interval", timedelta(days=2, minutes=3)),
    "a_uuid": ("uuid", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    "an_array": ("int4[]", [1, None, 3]),
    "a_null": ("text", None),
}


def people(table):
    """The statements that make a table with every kind of constraint."""
    return [
        f"drop table if exists {table}",
        f"""create table {table} (
            id serial primary key,
            name text not null,
            age int4,
            boss int4,
            constraint {table}_name_key unique (name),
            constraint {table}_age_check check (age >= 0),
            constraint {table}_boss_fkey foreign key (boss) references {table} (id)
        )""",
    ]


# (what, statement, SQLSTATE, fields of the error)
def faults(table):
    """Statements that fail, with what the server must say."""
    return [
        (f"insert into {table} (name) values ('Ada')", "23505", {"table": table, "constraint": f"{table}_name_key"}),
        (f"insert into {table} (name) values (null)", "23502", {"table": table, "column": "name"}),
        (f"insert into {table} (name, boss) values ('Ghost', 999)", "23503", {"table": table, "constraint": f"{table}_boss_fkey"}),
        (f"insert into {table} (name, age) values ('Young', -1)", "23514", {"table": table, "constraint": f"{table}_age_check"}),
        ("select * from nowhere", "42P01", {"position": "15"}),
        (f"select nothing from {table}", "42703", {"position": "8"}),
        ("selec 1", "42601", {"position": "1"}),
    ]


def run_all(setup=None):
    """Runs the cases of a synchronous driver."""
    for function in CASES:
        error = None
        try:
            if setup is None:
                function()
            else:
                with setup() as connection:
                    function(connection)
        except Exception as caught:  # whatever it is, it is the case's report
            error = caught
        report(function, error)
    print("done")


async def run_all_async(setup):
    """Runs the cases of an asynchronous driver, each with a connection of its own."""
    for function in CASES:
        error = None
        try:
            connection = await setup()
            try:
                assert inspect.iscoroutinefunction(function)
                await function(connection)
            finally:
                await connection.close()
        except Exception as caught:  # whatever it is, it is the case's report
            error = caught
        report(function, error)
    print("done")
