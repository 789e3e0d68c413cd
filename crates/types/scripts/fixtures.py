#!/usr/bin/env python3
"""Writes tests/fixtures from what real servers print, send, accept and refuse.

usage: fixtures.py 'host=/tmp/a port=5418 user=postgres' 'host=/tmp/b port=5415 user=postgres' …

The first server should be the newest: what is read is taken from it alone. What is printed and sent is taken from all of
them, each distinct pair once. The values are random with a fixed seed.
"""

import os
import random
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "fixtures")
SETTINGS = "set timezone='UTC'; set datestyle='ISO, YMD'; set intervalstyle='postgres'; set client_encoding='UTF8';"
R = random.Random(20_000_101)
COUNT = 2000


def psql(server, script):
    args = ["psql", "-X", "-q", "-At", "-F", "\t", "-d", server, "-v", "VERBOSITY=sqlstate", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    return subprocess.run(args, input=script.encode(), capture_output=True)


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def outputs(server, ty, values, styles=()):
    """Text and binary of every value, and its text in other IntervalStyles."""
    base = ty.rstrip("[]")
    send = {"float4": "float4send", "float8": "float8send", "timetz": "timetz_send", "date": "date_send", "uuid": "uuid_send"}
    send = "array_send" if ty.endswith("[]") else send.get(base, "")
    if not send:
        send = {n: n + "_send" for n in ("numeric", "interval", "timestamp", "timestamptz", "time", "json", "jsonb")}.get(base, base + "send")
    script = SETTINGS + f"create temp table t(n serial, x {ty});"
    script += "".join(f"insert into t(x) values {','.join('(' + quote(v) + ')' for v in values[i:i + 200])};" for i in range(0, len(values), 200))
    rows = []
    for style in ("postgres", *styles):
        run = script + f"set intervalstyle='{style}'; copy (select x, encode({send}(x), 'hex') from t order by n) to stdout;"
        done = psql(server, run)
        if done.returncode:
            sys.exit(f"{ty}: {done.stderr.decode()}")
        lines = [line.split("\t") for line in done.stdout.decode().split("\n")[:-1]]
        rows.append(lines)
    return ["\t".join(r[0] + [other[0] for other in r[1:]]) for r in zip(*rows)]


def accepted(server, ty, text):
    done = psql(server, SETTINGS + f"select {quote(text)}::{ty};")
    if done.returncode:
        return "!" + done.stderr.decode().strip().rsplit(" ", 1)[-1]
    return escape(done.stdout.decode()[:-1])


def received(server, ty, data):
    """What COPY makes of one field in binary."""
    copy = b"PGCOPY\n\xff\r\n\0" + bytes(8) + struct.pack(">hi", 1, len(data)) + data + b"\xff\xff"
    with tempfile.NamedTemporaryFile() as file:
        file.write(copy)
        file.flush()
        script = f"{SETTINGS} create temp table t(x {ty});\n\\copy t from '{file.name}' (format binary)\nselect x from t;"
        done = psql(server, script)
    if done.returncode:
        return "!" + done.stderr.decode().strip().rsplit(" ", 1)[-1]
    return escape(done.stdout.decode()[:-1])


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def floats():
    values = [0.0, -0.0, 1.0, 0.1, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, float("nan"), float("inf"), float("-inf")]
    values += [10.0**e for e in range(-30, 40)] + [2.0**e for e in range(-80, 140)] + [2.0**e for e in (-1074, -1073, -1022, 1023)]
    values += [float(2**53 + d) for d in range(-6, 7)] + [float(10**15 + d) for d in (-2, -1, 0, 1)] + [999999999999999.9, 0.0001, 0.00009999]
    # Decimals halfway between two doubles are rare at random: odd multiples of half a unit, and their neighbours.
    values += [float(R.randrange(1, 10**R.randrange(1, 5)) * 10**e) for e in range(15, 24) for _ in range(40)]
    values += [struct.unpack(">d", R.randbytes(8))[0] for _ in range(COUNT)]
    values += [R.uniform(-1e6, 1e6) for _ in range(300)] + [round(R.uniform(-1e9, 1e9), R.randrange(6)) for _ in range(300)]
    return [repr(v) for v in values]


def singles():
    values = [struct.unpack(">f", R.randbytes(4))[0] for _ in range(COUNT)]
    values += [2.0**e for e in range(-149, 128)] + [float(d * 10**e) for e in range(0, 13) for d in (1, 3, 7, 33, 16777217, 8388609)]
    values += [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 999999.94, 0.1, 1e-4, 9.9e-5, 3.4028235e38]
    values += [R.uniform(-2000, 2000) for _ in range(300)]
    return [repr(v) for v in values if v != v or v in (float("inf"), float("-inf")) or abs(v) < 3.4028235e38]


def digits(n):
    return "".join(R.choice("0000123456789") for _ in range(n))


def numerics():
    values = ["0", "0.00", "NaN", "1e1000", "-1e-1000", "9" * 200, "0." + "0" * 99 + "1", "10000", "9999", "0.0001", "1e-4", "1e4", "100000000"]
    for _ in range(COUNT + 500):
        before, after = digits(R.choice((0, 1, 3, 4, 5, 8, 9, 20, 40))), digits(R.choice((0, 1, 2, 3, 4, 5, 8, 13, 30)))
        number = R.choice(("", "-")) + (before or "0") + ("." + after if after else "")
        values.append(number + R.choice(("", "", "", f"e{R.randrange(-40, 40)}")))
    return values


def clock():
    return f"{R.randrange(24):02}:{R.randrange(60):02}:{R.randrange(60):02}" + R.choice(("", f".{R.randrange(10**6):06}", f".{R.randrange(1000):03}"))


def date(last):
    year = R.choice((R.randrange(1900, 2100), R.randrange(1, 10_000), R.randrange(1, last)))
    era = R.choice(("", "", " BC")) if year < 4713 else ""
    return f"{year:04}-{R.randrange(1, 13):02}-{R.randrange(1, 29):02}", era


def dates():
    values = ["infinity", "-infinity", "epoch", "4714-11-24 BC", "5874897-12-31", "0001-01-01", "0001-12-31 BC", "9999-12-31", "10000-01-01", "2000-02-29", "1900-02-28", "44-03-15 BC"]
    return ["0044-03-15 BC" if v.startswith("44-") else v for v in values] + ["".join(date(5_874_000)) for _ in range(COUNT)]


def timestamps(zone=""):
    values = ["infinity", "-infinity", "epoch", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999", "0001-12-31 23:59:59.999999 BC", "2000-01-02 00:00:00.000001", "9999-12-31 23:59:59.999999", "10000-01-01 00:00:00"]
    for _ in range(COUNT):
        day, era = date(294_000)
        values.append(day + " " + clock() + zone + era)
    return values


def intervals():
    values = ["0", "1 mon", "-1 mon", "1 day", "-1 day", "1 year -1 day", "-1 year 1 day", "-1 mon 00:00:01", "-1 day 1 us", "1 us", "-1 us", "178000000 years", "-178000000 years"]
    values += ["9223372036854775807 us", "-9223372036854775808 us", "2147483647 days", "-2147483648 days 1 hour", "2147483647 mons", "-2147483648 mons", "100 hours", "-100:00:00.5"]
    small = lambda n: R.choice((0, R.randrange(-n, n), R.randrange(-n, n), R.randrange(-n, n), 1, -1))
    for _ in range(COUNT * 5 // 2):
        wide = R.random() < 0.3
        values.append(f"{small(2**31 if wide else 40)} mons {small(2**31 if wide else 40)} days {small(2**63 if wide else 10**R.randrange(3, 12))} us")
    return values


def arrays():
    result = {
        "int4[]": ["{}", "{1,NULL,3}", "[0:1][2:3]={{1,2},{3,4}}", "[-5:-5]={7}", "{{{{{{1}}}}}}", "{-2147483648,2147483647}"],
        "text[]": ["{}", '{a,"b c",NULL,"NULL",""}', r'{"a\"b","c\\d","{}","x,y"," ","	"}', '{{"é",ü},{漢,"null"}}', "{nulls}"],
        "timestamp[]": ["{2024-02-03 04:05:06.7,infinity}"], "numeric[]": ["{1.50,NaN,-0.001}"], "bool[]": ["{t,f,NULL}"], "float8[]": ["{1e20,-0,NaN}"],
        "bytea[]": ['{"\\\\x00ff",""}'], "jsonb[]": ['{"{\\"a\\": 1}"}'], "interval[]": ['{"1 day","-00:00:01"}'], "uuid[]": ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"],
        "timetz[]": ["{04:05:06+02}"], "date[]": ["{2024-02-03,0044-03-15 BC}"], "int8[]": ["{9223372036854775807}"], "int2[]": ["{-32768}"], "oid[]": ["{4294967295}"],
        "time[]": ["{24:00:00}"], "timestamptz[]": ["{2024-02-03 04:05:06+00}"], "float4[]": ["{0.1}"], "varchar[]": ["{a}"], "name[]": ["{a}"], "json[]": ['{"[1, 2]"}'],
    }
    for _ in range(100):
        shape = [R.randrange(1, 4) for _ in range(R.randrange(1, 4))]
        word = lambda: R.choice(("NULL", '"' + "".join(R.choice(("a", " ", ",", "{", '\\"', "\\\\", "é")) for _ in range(R.randrange(5))) + '"'))
        nest = lambda dims, leaf: leaf() if not dims else "{" + ",".join(nest(dims[1:], leaf) for _ in range(dims[0])) + "}"
        bounds = "".join(f"[{low}:{low + n - 1}]" for n in shape for low in (R.randrange(-3, 4),)) + "=" if R.random() < 0.5 else ""
        result["text[]"].append(bounds + nest(shape, word))
        result["int4[]"].append(bounds + nest(shape, lambda: R.choice(("NULL", str(R.randrange(-100, 100))))))
    return result


SENT = {
    "bool": ["t", "f"],
    "int2": ["0", "-1", "32767", "-32768"] + [str(R.randrange(-2**15, 2**15)) for _ in range(100)],
    "int4": ["0", "-1", "2147483647", "-2147483648"] + [str(R.randrange(-2**31, 2**31)) for _ in range(200)],
    "int8": ["0", "-1", "9223372036854775807", "-9223372036854775808"] + [str(R.randrange(-10**e, 10**e)) for e in range(1, 19) for _ in range(20)],
    "oid": ["0", "4294967295", "16384"],
    "float4": singles(), "float8": floats(), "numeric": numerics(),
    "text": ["", "a", "NULL", "héllo wörld", "漢字 🐘", "quote ' and \" and {}"], "varchar": ["abc"], "bpchar": ["ab  "], "name": ["n" * 63],
    "bytea": ["", r"\x00ff10", r"abc\000\\"] + ["\\x" + R.randbytes(R.randrange(40)).hex() for _ in range(100)],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"] + [R.randbytes(16).hex() for _ in range(100)],
    "json": ['{"b": [1,2], "a":null}', "1", '"x"'], "jsonb": ['{"b": [1,2], "a":null}', '{"a":1,"b":2}', "1", "[]"],
    "date": dates(), "time": ["24:00:00", "00:00:00", "23:59:59.999999"] + [clock() for _ in range(500)],
    "timetz": ["12:34:56+02", "12:34:56-05:30", "24:00:00-15:59:59"] + [clock() + R.choice(("+00", "-08", "+05:30", f"+05:21:{R.randrange(60):02}", f"-{R.randrange(16):02}")) for _ in range(500)],
    "timestamp": timestamps(), "timestamptz": timestamps("+00"), "interval": intervals(), **arrays(),
}
# Infinities came with PostgreSQL 14 and 17.
NEWEST = {"numeric": ["Infinity", "-Infinity"], "interval": ["infinity", "-infinity"]}

READ = {
    "bool": ["t", "TRUE", "tr", "y", "yes", "on", "of", "o", "", " true ", "1", "0", "10", "2", "truer", "NO"],
    "int2": ["32768", "-32769", " 12 ", "+5", "--5", "1.0", "0x7fff", "0b1_01", "0o17", "1_000", "_1", "1__0", "1_"],
    "int4": ["2147483648", "-2147483648", "", " ", "abc", "1 2", "0x", "- 1", "00012", "99999999999999999999", "1e3"],
    "int8": ["9223372036854775808", "-9223372036854775808", "0x8000000000000000", "-0x8000000000000000"],
    "oid": ["-1", "4294967296", "-2147483648", "-2147483649", "0x10", "x"],
    "float8": ["1e400", "-1e400", "1e-400", "nan", "NAN", "inf", "-inf", "+Infinity", "infinit", "", " 1 ", "1e", "1,5", ".5", "5.", ".", "1e23", "0e999", "1_000", "4.9e-324", "2e-324"],
    "float4": ["1e39", "1e-46", "1e-45", "16777217", "3.4028236e38", "3.4028235677973366e+38"],
    "numeric": ["1e131072", "-1e131072", "1e-16384", "", ".", "-", "1e", "1__0", "1_0.0_1", "1._5", "inf", "-inf", "+inf", "-nan", "+nan", " nan ", "1.2.3", "1 2", ".5", "5.", "-.5e1", "0e99999", "0e-5", "00012.3400", "1e99999999999", "1e-99999999999", "1e+5"],
    "bytea": ["\\x1", "\\xg0", "\\x 00 ff", "\\x0 0", "\\", "\\1", "\\12", "\\400", "a\\b", "\\377", "\\X00"],
    "uuid": ["{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0e-ebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "{a0eebc999c0b4ef8bb6d6bb9bd380a11", "", " a0eebc999c0b4ef8bb6d6bb9bd380a11"],
    "date": ["2024-02-03", "2024-2-3", "20240203", "2024-02-03 04:05:06", "2024-02-03T04:05:06Z", "2024-02-03 BC", "2024-02-03 AD", "2024-02-30", "2023-02-29", "0000-01-01", "2024-13-01", "2024-00-01", "5874898-01-01", "4714-11-23 BC", "4714-11-24 BC", "99999999-01-02", "Infinity", "+infinity", "EPOCH", "", "x", "2024-02", "2024-02-03x", " 2024-02-03 ", "2024-02-03 25:00"],
    "time": ["04:05:06.789", "04:05", "040506", "0405", "T040506", "T04:05:06", "24:00:00", "24:00:00.1", "24:01", "25:00", "12:60", "12:00:60", "12:00:61", "23:59:60", "23:59:60.5", "23:59:59.9999999", "04:05:06.5000005", "04:05:06.0000025", "04:05:06.0000035", "04:05:06Z", "04:05:06+02", "2024-02-03 04:05:06", "2024-02-03T04:05:06", "1:2:3", "", "x", "04:05:06.", "04:05:06 x", "allballs", ":05"],
    "timetz": ["04:05:06", "04:05:06Z", "04:05:06+02", "04:05:06 +02", "04:05:06-0530", "04:05:06+15:59:59", "04:05:06+16", "04:05:06 UTC", "04:05:06+5", "04:05:06+02:60", "x"],
    "timestamp": ["2024-02-03 04:05:06.789", "2024-02-03T04:05:06.789Z", "2024-02-03T04:05:06.789+02:00", "2024-02-03", "2024-02-03 04:05", "20240203T040506", "2024-02-03 0405", "2024-02-03 24:00:00", "2024-02-03T23:59:59.9999999", "0044-03-15 12:00:00 BC", "2024-02-03 04:05:06+02 BC", "294277-01-01", "294276-12-31 23:59:59.9999999", "4714-11-24 BC", "4714-11-23 23:59:59 BC", "4714-12-31 BC", "infinity", "epoch", "", "x", "2024-02-03 12", "2024-02-03T", "2024-02-03 04:05:06,5", "2024-02-03 04:05:06 UTC", "2024-02-03 04:05:06.1234567890123", "2024-02-03 99:00", "2024-02-31 00:00"],
    "timestamptz": ["2024-02-03T04:05:06.789Z", "2024-02-03 04:05:06+02", "2024-02-03 04:05:06-0800", "2024-02-03 04:05:06 -08:00", "2024-02-03 04:05:06+05:21:10", "2024-02-03", "2024-02-03+02", "2024-02-03 +02", "2024-02-03 04:05:06z", "2024-02-03 04:05:06 GMT", "0001-01-01 00:00:00+14", "0044-03-15 12:00:00+00 BC", "294277-01-01 01:00:00+02", "2024-02-03 04:05:06+16", "-infinity", "2024-02-03T04:05:06.789+0000", "epoch+02"],
    "interval": ["1 year 2 mons 3 days 04:05:06.789", "@ 1 year 2 mons 3 days 4 hours 5 mins 6.789 secs", "@ 1 year 2 mons ago", "P1Y2M3DT4H5M6.789S", "PT0S", "P1W", "P1M", "PT1M", "P0001-02-03T04:05:06", "P-1Y2M", "PT-1.5S", "P1.5D", "P0.5Y", "1-2 3 4:05:06", "3 4:05:06", "1:30", "-1:30", "1:30.5", "90", "1.5", "-1.5 secs", "1.5 days", "1.5 months", "1.5 years", "1.5 weeks", "0.1 mons", "-0.7 days", "1 day 2 days", "1d2h", "1 D", "2 decades", "1 century", "1 millennium", "5 ms", "1500 us", "1 day ago", "1 day -00:00:01 ago", "ago", "1", "", "x", "1 x", "day", "P", "PT", "P1", "P1S", "P1YT", "25:61:00", "04:05:61", "1 mon 1 day 1 hour", "2147483648 mons", "2147483648 days", "9223372036854775808 us", "infinity", "-infinity", "+infinity", "1 year, 2 mons", "100000000:00", "0.5 us", "1.5 hours", "0.0000005 secs", "1 hour 30 min"],
    "int4[]": ["{1,2}", " { 1 , 2 } ", "[2]={1,2}", "[1:2]={1,2}", "[1:2] = {1,2}", "[0:1]={1,2}", "{\"1\",\\2}", "{{}}", "{{},{}}", "{nUlL}", "", "1", "{", "}", "{1", "{1,}", "{,1}", "{1,,2}", "{1}}", "{1} x", "{{1},2}", "{1,{2}}", "{{1},{2,3}}", "{\"1", "{\"1\"2}", "[1:2]={1}", "[1:2]", "[a:b]={1}", "{}{}", "{{1}{2}}", "{1 2}", "{{{{{{{1}}}}}}}", "[2147483647:2147483647]={1}", "{x}", "{99999999999}"],
    "text[]": [r'{ a b , "  c " , d\ }', '{""}', "{a\"b\"}", r"{a\,b}", r"{\NULL}", "{a\\"],
}

RECEIVED = {
    "bool": ["", "00", "01", "02", "0100"],
    "int4": ["", "000001", "00000001", "0000000100"],
    "float8": ["7ff8000000000000", "fff0000000000000", "8000000000000000", "00000000000000"],
    "numeric": ["0000000000000000", "00030001000000040001" + "09291a85", "0001ffff400000040001", "00000000c0000000", "00000000d0000020", "00000000f0000020", "0001000000000000" + "2710", "0001000000010000" + "0001", "0001000000004000" + "0001", "0002000000000000" + "0001", "0001000000000000" + "00010001", "000000000000", "0004000200000000" + "0000000100020000", "0003000000000002" + "000109291a85", "0001ffff400000001388", "000000054000" + "0002", "0001000040000000" + "0000"],
    "date": ["00000000", "ffffffff", "fff49d7b", "7fffffff", "80000000", "7fffffff00", "7ffffffe", "80000001", "ffda97a7", "ffda97a6", "7fda97a7", "7fda978c", "7fda978d", "0000"],
    "time": ["0000000a8be62608", "000000141dd76000", "000000141dd76001", "ffffffffffffffff", "00"],
    "timetz": ["0000000a8bda1c00ffffe3e0", "0000000a8bda1c0000004d58", "0000000a8bda1c000000e0ff", "0000000a8bda1c000000e100", "0000000a8bda1c00ffff1f01", "0000000a8bda1c00ffff1f00", "0000000a8bda1c0080000000", "000000141dd7600100000000", "0000000a8bda1c00"],
    "timestamp": ["000000141dd76001", "7fffffffffffffff", "8000000000000000", "7ffffffffffffffe", "7fff000000000000", "fd0f8a5c1a9f8000", "00"],
    "timestamptz": ["0002b582c4781000", "7fffffffffffffff", "7ffffffffffffffe"],
    "interval": ["000000036c97ca88000000030000000e", "0000000000000000ffffffff00000000", "7fffffffffffffff7fffffff7fffffff", "8000000000000000800000008000000080", "00"],
    "text": ["", "616263", "6100", "ff", "c3", "e9"],
    "name": ["61" * 63, "61" * 64], "uuid": ["00" * 16, "00" * 15, "00" * 17],
    "jsonb": ["017b7d", "027b7d", ""], "bytea": ["", "00ff"],
    "int4[]": ["000000000000000000000017", "0000000100000000000000170000000100000001" + "0000000400000007", "0000000700000000" + "00000017", "ffffffff0000000000000017", "000000010000000200000017" + "00000001000000010000000400000007", "000000010000000000000014" + "00000001000000010000000400000007", "000000010000000000000017" + "0000000100000001", "000000010000000000000017" + "0800000000000001", "000000010000000000000017" + "ffffffff00000001", "000000010000000000000017" + "000000017fffffff0000000400000007", "000000010000000000000017" + "0000000100000001" + "0000000500000007", "000000010000000000000017" + "0000000100000001" + "0000000300000007", "000000010000000000000017" + "0000000100000001" + "0000000500000000" + "07", "000000010000000000000017" + "0000000100000001" + "00000003000000", "000000010000000000000017" + "0000000100000001" + "0000000400000007" + "00", "0000000000000000"],
}


def save(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main():
    servers = sys.argv[1:]
    os.makedirs(HERE, exist_ok=True)
    for ty, values in SENT.items():
        styles = ("postgres_verbose", "iso_8601") if ty == "interval" else ()
        lines = {}
        for server in reversed(servers):
            newest = NEWEST.get(ty, []) if server == servers[0] else []
            lines |= dict.fromkeys(outputs(server, ty, values + newest, styles))
        save(f"{ty.replace('[]', '_array')}.tsv", lines)
    with ThreadPoolExecutor(4) as pool:
        texts = [(ty, text) for ty, all_texts in READ.items() for text in all_texts]
        results = pool.map(lambda item: accepted(servers[0], *item), texts)
        save("read.tsv", [f"{ty}\t{escape(text)}\t{result}" for (ty, text), result in zip(texts, results)])
        fields = [(ty, data) for ty, all_data in RECEIVED.items() for data in all_data]
        results = pool.map(lambda item: received(servers[0], item[0], bytes.fromhex(item[1])), fields)
        save("received.tsv", [f"{ty}\t{data}\t{result}" for (ty, data), result in zip(fields, results)])


main()
