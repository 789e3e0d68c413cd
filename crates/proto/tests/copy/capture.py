#!/usr/bin/env python3
"""Asks a PostgreSQL server what it makes of COPY data, and what data it makes of rows, and prints cases.txt.

    capture.py SOCKET >cases.txt        # as user and database postgres, without a password

Needs Python alone. The server must be PostgreSQL 15 with the encoding UTF8; it gets tables `no`, `one`, `two` and `three`, of so many
text columns.
"""

import socket
import struct
import sys

TABLES = {"no": "", "one": "a text", "two": "a text, b text", "three": "a text, b text, c text"}

# The options, as words: a layout, then what differs from its defaults. A value is written as in cases.txt.
READ = {
    # Line ends.
    "text": [
        rb"", rb"a\tb\n", rb"a\tb", rb"a\tb\r", rb"a\tb\r\n", rb"a\tb\nc\td", rb"a\tb\rc\td", rb"a\tb\r\nc\td", rb"a\tb\n\n",
        rb"a\tb\rc\td\n", rb"a\tb\rc\td\r", rb"a\tb\r\nc\td\r", rb"a\tb\r\nc\td\rx", rb"a\tb\nc\td\r", rb"a\tb\nc\rd\te\n",
        rb"a\tb\r\nc\td\n", rb"a\tb\r\nc\td\r\n",
        # Backslashes.
        rb"a\tb\\", rb"a\tb\\\nx\n", rb"a\tb\\\r\nx\r\n", rb"a\\\tb\tc\n", rb"\\N\t\\\\N\n", rb"\\N\\N\tx\\N\n", rb"\\b\\f\\n\\r\\t\\v\t\\\\\\.\n",
        rb"\\b\\f\\n\\r\\t\\v\t\\\\.\n",
        rb"\\x4\t\\x41G\n", rb"\\x4g\\xg\t\\x\n", rb"\\X41\\x4A\\x4a\t\\xaf\n", rb"\\101\\7\t\\18\\1011\n", rb"\\q\\8\t\\\xc3\xa9\n", rb"\\777\tb\n",
        rb"\\501\tb\n", rb"a\tb\\1", rb"a\tb\\x", rb"a\tb\\x4",
        # Characters.
        rb"\\0\tb\n", rb"\\000\tb\n", rb"\\x00\tb\n", rb"\\xc3\\xa9\t\\303\\251\n", rb"\\xc3\xa9\tb\n", rb"a\t\\xff\n", rb"\\xc3\tb\n",
        rb"\\xff\tb\tc\n", rb"\xff\tb\n", rb"\xc3\n", rb"a\x00\tb\n", rb"\xe2\x82\tb\n", rb"\xf0\x9f\x98\x80\tb\n", rb"\xf0\x9f\x98\n",
        rb"\xed\xa0\x80\tb\n", rb"a\xff\rb\n\n", rb"x\ty\nab\rc\xff\n", rb"x\ty\nab\xffc\rd\n", rb"x\ty\n\xc3\xa9\rd\n", rb"a\tb\n\xff",
        rb"a\tb\n\\.\n\xff", rb"a\tb\xc3",
        # Columns.
        rb"a\tb\tc\n", rb"a\n", rb"\n", rb"\t\n", rb"\t\t\n",
        # The end marker.
        rb"\\.\n", rb"\\.\r\n", rb"\\.\r", rb"\\.", rb"a\\.\n", rb"a\tb\\.\nx", rb"a\tb\n\\.", rb"a\tb\n\\.\nzzz", rb"a\tb\n\\.\r\n", rb"a\tb\n\\.\n",
        rb"a\tb\r\n\\.\n", rb"a\tb\r\n\\.\r\nx", rb"a\tb\r\n\\.\r", rb"a\tb\r\n\\.\rx", rb"a\tb\r\n\\.x", rb"a\tb\r\\.\r", rb"a\tb\r\\.\n", rb"a\tb\r\\.\r\n",
        rb"a\tb\n\\.x\n", rb"a\t\\\\.\n", rb"a\\tb\\\\.\n",
        # A long line, as a context shows it.
        rb"x" * 100 + rb"\n", rb"x" * 101 + rb"\n", rb"x" * 98 + rb"\xe2\x82\xac" + rb"\n",
    ],
    "text null=": [rb"\tx\n", rb"\\N\tx\n"],
    r"text null=a\\b": [rb"a\\b\tx\n"],
    r"text null=\\.": [rb"a\tb\n"],
    "text delimiter=|": [rb"a\\|b|c\td\n"],
    "text delimiter=A": [rb"aAb\nc\\AdAe\n"],
    "text header": [rb"", rb"h", rb"h\n", rb"h\na\tb\n", rb"h\n\xff\tb\n", rb"\xff\na\tb\n", rb"\\.\na\tb\n", rb"h\r\na\tb\n"],
    "text header=match": [rb"a\t\\N\nx\ty\n", rb"\\x61\tb\nx\ty\n", rb"a\tB\nx\ty\n", rb"", rb"\n", rb"a\tb", rb"a\tb\\.\nx\ty\n", rb"\\.\n"],
    "csv": [
        rb"", rb"a,b\n", rb"a,b", rb"a,b\r", rb"a,b\rc,d\r", rb"a,b\r\n", rb"a,b\nc,d\r", rb"a,b\r\nc,d\n", rb"a,b\r\nc,d\r", rb"a,b\rc,d\n",
        rb'a,""\n,\n', rb'a"b"c,"d"e\n', rb'"a""b",c\n', rb'"a\\"b",c\n', rb"a,b,c\n", rb"a\n", rb"\n", rb'"a', rb'"a,b\n', rb'a,b,"c\n', rb'""x"",y\n',
        rb'"a,b","c\r\nd"\n', rb' "a" , b \n', rb'\\N,a\\tb\n', rb'"""","a"""\n', rb'"a"',
        rb'"a\nb",c\n1,"x\n', rb'"a\r\nb",c\r\n1,"x\n', rb'"a\r\nb",c\n1,"x\n', rb'x,y\n"a\nb\nc",d\n1\n', rb'x,y\r\n"a\nb\r\nc",d\r\n1\r\n',
        rb'\xff,"b\n', rb'a,"\xff"\n', rb'a\x00,b\n', rb'a,\xc3\n', rb'a,"\xc3"\n', rb'x,y\n"\xff\n',
        rb"\\.\n", rb"a,b\n\\.\nc,d\n", rb"a,b\n\\.", rb"a,b\n\\.x,b\n", rb"a,b\r\n\\.\n", rb"a,b\r\n\\.x,y\r\n", rb"a,b\r\n\\.\r\nx", rb"a,b\r\n\\.\rx",
        rb"a,b\n\\.\r\n", rb"\\.\rx,y\r", rb'a,"\n\\.\n"\n', rb"a,\\.\n", rb"\\.,a\n", rb"\\", rb"\\,\\\n",
        rb'"' + rb"x" * 120 + rb'"\n',
    ],
    r"csv escape=\\": [rb'"a\\"b\\\\",c\\x\n"\\x","y"\n', rb'"a""b",c\n', rb'"a\\', rb'"a\\\\\\"\n",c\n', rb'a\\"b,c"\n'],
    "csv quote='": [rb"'a''b',\"c\"\n"],
    r"csv quote=\\": [rb"\\a\\,b\n\\.\n", rb"\\a\\\\,\\,b\n"],
    r"csv delimiter=;": [rb"a;b,c\n"],
    r"csv delimiter=\t null=\\N": [rb'a\t\\N\n"\\N"\t\n'],
    "csv header": [rb"", rb"h", rb"h\na,b\n", rb'"h\nj"\nx\n', rb"\\.\na,b\n", rb'"a'],
    "csv header=match": [
        rb"a,b\nx,y\n", rb"a,c\nx,y\n", rb"a\nx,y\n", rb",b\nx,y\n", rb"a,b,c\nx,y\n", rb"a,b", rb"", rb'"a",b\nx,y\n', rb'"a,b\n',
    ],
    "csv force_null=a": [rb'"",""\n'],
    "csv force_not_null=a": [rb",\n", rb',""\n'],
    "csv force_not_null=a force_null=a null=x": [rb'x,x\n"x","x"\n'],
}
MORE = [
    ("no", "text", [rb"", rb"\n\n", rb"x\n", rb"\n", rb"\\N\n"]),
    ("no", "csv", [rb"\n", rb"x\n", rb'""\n']),
    ("one", "text", [rb"\n", rb"a\n\n", rb"\\.\n"]),
    ("one", "csv", [rb"\n", rb'""\n', rb"\\.\n\n", rb"x\n\\.y\n", rb'"\\."\n', rb",\n"]),
    ("three", "text", [rb"a\tb\tc\nd\te\n", rb"a\n"]),
    ("three", "csv", [rb'a,"b",\n']),
]
SIGNATURE, NIL, ROW = rb"PGCOPY\n\xff\r\n\x00", rb"\x00" * 4, rb"\x00\x02\x00\x00\x00\x01a\xff\xff\xff\xff"
HEAD = SIGNATURE + NIL + NIL
BINARY = [
    rb"", SIGNATURE[:5], rb"x" * 30, rb"\x00", SIGNATURE, SIGNATURE + NIL, SIGNATURE + rb"\x00\x00", SIGNATURE + NIL + rb"\x00\x00\x00\x05abc",
    SIGNATURE + NIL + rb"\xff\xff\xff\xff", SIGNATURE + rb"\x00\x01\x00\x00" + NIL, SIGNATURE + rb"\x00\x02\x00\x00" + NIL,
    SIGNATURE + rb"\x00\x03\x00\x00" + NIL, SIGNATURE + rb"\x80\x00\x00\x00" + NIL, SIGNATURE + rb"\x00\x00\xff\xff" + NIL + ROW, HEAD, HEAD + ROW,
    HEAD + ROW + rb"\xff\xff", HEAD + ROW + rb"\xff\xffx", HEAD + rb"\xff\xff", HEAD + rb"\x00\x03", HEAD + rb"\x00\x00", HEAD + rb"\xff\xfe", HEAD + rb"\x00",
    HEAD + rb"\x00\x02", HEAD + rb"\x00\x02\x00\x00", HEAD + rb"\x00\x02\x00\x00\x00\x05a", HEAD + rb"\x00\x02\x00\x00\x00\x01a\x00",
    HEAD + rb"\x00\x02\xff\xff\xff\xfe", HEAD + ROW + rb"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xf0", SIGNATURE + NIL + rb"\x00\x00\x00\x02xy" + ROW + ROW + rb"\x00",
    HEAD + rb"\x00\x02\x00\x00\x00\x00\xff\xff\xff\xff",
]

VALUES = [
    [rb"", None], [rb"a", rb"b"], [rb"a b", rb" c "], [rb"a\tb", rb"a,b"], [rb"\\N", rb"\\."], [rb"\\", rb"\\\\n"], [rb"\x08\x0c\n", rb"\r\t\x0b"],
    [rb"\x01\x1b\x7f", rb"\xc3\xa9"], [rb'"', rb'a"b'], [rb"'", rb"|"], [rb"\r\n", rb"x"], [None, rb"NULL"], [None, None],
]
WRITE = [
    ("two", options, VALUES)
    for options in [
        "text", "text null=", "text null=NULL", "text delimiter=|", r"text delimiter=,", "text header", "text delimiter=\\x01",
        "csv", "csv null=NULL", r"csv escape=\\", "csv quote='", "csv delimiter=|", "csv header", "csv header force_quote=*", "csv force_quote=a",
        "csv delimiter=b header", r"csv quote=\\", "binary",
    ]
]
WRITE += [("one", "csv", [[rb"\\."], [rb"\\.x"], [None], [rb""]]), ("one", "text", [[rb"\\."], [None], [rb""]]), ("two", "csv", [[rb"\\.", rb"x"]])]
WRITE += [("no", layout, [[]]) for layout in ("text", "csv", "binary")] + [("two", layout, []) for layout in ("text", "csv", "binary", "csv header")]


def raw(escaped):
    return escaped.decode("unicode_escape").encode("latin-1")


def escape(data):
    return "".join(
        {9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\", 32: "\\x20"}.get(b) or (chr(b) if 32 < b < 127 else f"\\x{b:02x}") for b in data
    )


def sql(options):
    layout, *rest = options.split(" ")
    words = [f"format {layout}"]
    for option in rest:
        name, _, value = option.partition("=")
        if name.startswith("force"):
            words.append(f"{name} {value}" if value == "*" else f"{name} ({value})")
        elif name == "header":
            words.append(f"header {value}")
        else:
            words.append(f"{name} E'" + "".join(f"\\x{b:02x}" for b in raw(value.encode())) + "'")
    return ", ".join(words)


class Server:
    def __init__(self, path):
        self.socket, self.buffer = socket.socket(socket.AF_UNIX), b""
        self.socket.connect(path)
        packet = struct.pack(">i", 196608) + b"user\0postgres\0database\0postgres\0client_encoding\0UTF8\0\0"
        self.socket.sendall(struct.pack(">i", len(packet) + 4) + packet)
        self.until(b"Z")

    def message(self):
        while len(self.buffer) < 5 or len(self.buffer) <= struct.unpack(">i", self.buffer[1:5])[0]:
            self.buffer += self.socket.recv(65536) or sys.exit("the server closed")
        end = 1 + struct.unpack(">i", self.buffer[1:5])[0]
        message, self.buffer = self.buffer[:end], self.buffer[end:]
        return message[:1], message[5:]

    def until(self, *tags):
        messages = [self.message()]
        while messages[-1][0] not in tags:
            messages.append(self.message())
        return messages

    def send(self, tag, body=b""):
        self.socket.sendall(tag + struct.pack(">i", len(body) + 4) + body)

    def query(self, text, *stop):
        self.send(b"Q", text.encode() + b"\0")
        return self.until(b"Z", *stop)

    def copy_in(self, table, options, data):
        self.query(f"truncate {table}")
        messages = self.query(f"copy {table} from stdin ({options})", b"G")
        if messages[-1][0] == b"G":
            self.send(b"d", data)
            self.send(b"c")
            messages = self.until(b"Z")
        return errors(messages)

    def copy_out(self, table, options):
        messages = self.query(f"copy {table} to stdout ({options})")
        return [body for tag, body in messages if tag == b"d"], errors(messages)


def errors(messages):
    return [
        {chr(field[0]): field[1:] for field in body.split(b"\0") if field} for tag, body in messages if tag == b"E"
    ]


def rows(data):
    """The rows of binary COPY data."""
    at, found = 19, []
    while (count := struct.unpack_from(">h", data, at)[0]) >= 0:
        at, row = at + 2, []
        for _ in range(count):
            length = struct.unpack_from(">i", data, at)[0]
            row.append(None if length < 0 else data[at + 4 : at + 4 + length])
            at += 4 + max(length, 0)
        found.append(row)
    return found


def line(word, row):
    print(word, *("NULL" if field is None else "=" + escape(field) for field in row))


def main():
    server = Server(sys.argv[1])
    version = server.query("show server_version")[1][1][6:].decode()
    print(f"# Generated by capture.py from PostgreSQL {version}.")
    for table, columns in TABLES.items():
        server.query(f"drop table if exists {table}")
        server.query(f"create table {table} ({columns})")
    cases = [("two", options, data) for options, data in READ.items()] + MORE + [("two", "binary", BINARY)]
    for table, options, inputs in cases:
        for data in inputs:
            print("\nread", table, options)
            print("data", "=" + escape(raw(data)))
            failed = server.copy_in(table, sql(options), raw(data))
            for error in failed:
                print("error", error["C"].decode(), "=" + escape(error["M"]))
                for word, code in ("hint", "H"), ("context", "W"):
                    if code in error:
                        print(word, "=" + escape(error[code]))
            if not failed:
                for row in rows(b"".join(server.copy_out(table, "format binary")[0])):
                    line("row", row)
    for table, options, values in WRITE:
        values = [[field if field is None else raw(field) for field in row] for row in values]
        print("\nwrite", table, options)
        data = raw(HEAD)
        for row in values:
            line("row", row)
            data += struct.pack(">h", len(row))
            for field in row:
                data += struct.pack(">i", -1) if field is None else struct.pack(">i", len(field)) + field
        assert not server.copy_in(table, "format binary", data)
        pieces, failed = server.copy_out(table, sql(options))
        assert not failed, failed
        for piece in pieces:
            print("data", "=" + escape(piece))


main()
