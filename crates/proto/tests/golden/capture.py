#!/usr/bin/env python3
"""Captures golden bytes from a real PostgreSQL.

    capture.py OUT-DIRECTORY --server /usr/lib/postgresql/18/bin --libpq /usr/lib/x86_64-linux-gnu
               [--as USER] [--regress]

Starts a server in a temporary directory (as USER if this runs as root, which PostgreSQL
refuses), compiles session.c against libpq (18 or newer, which traces logins too), and
runs every scenario through a proxy that writes down each frame. Some messages libpq never sends; those come from a raw client at
the end of this file, whose frames the server answered all the same.

Writes for each scenario NAME.frames, lines of "direction name bytes-in-hex", and for
those of libpq NAME.trace, what PQtrace printed. With --regress some scenarios run once
more, traced in the mode that leaves out what differs from run to run.
"""

import argparse
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent

FRONTEND = {
    "Q": "Query", "P": "Parse", "B": "Bind", "D": "Describe", "E": "Execute", "C": "Close", "H": "Flush",
    "S": "Sync", "F": "FunctionCall", "d": "CopyData", "c": "CopyDone", "f": "CopyFail", "X": "Terminate",
}
BACKEND = {
    "R": "Authentication", "v": "NegotiateProtocolVersion", "K": "BackendKeyData", "S": "ParameterStatus",
    "Z": "ReadyForQuery", "T": "RowDescription", "t": "ParameterDescription", "n": "NoData", "D": "DataRow",
    "C": "CommandComplete", "I": "EmptyQueryResponse", "s": "PortalSuspended", "1": "ParseComplete",
    "2": "BindComplete", "3": "CloseComplete", "E": "ErrorResponse", "N": "NoticeResponse",
    "A": "NotificationResponse", "V": "FunctionCallResponse", "G": "CopyInResponse", "H": "CopyOutResponse",
    "W": "CopyBothResponse", "d": "CopyData", "c": "CopyDone",
}
AUTHENTICATION = {
    0: "Ok", 3: "CleartextPassword", 5: "MD5Password", 7: "GSS", 8: "GSSContinue", 9: "SSPI", 10: "SASL",
    11: "SASLContinue", 12: "SASLFinal",
}
RESPONSES = {
    3: "PasswordMessage", 5: "PasswordMessage", 7: "GSSResponse", 8: "GSSResponse", 9: "GSSResponse",
    10: "SASLInitialResponse", 11: "SASLResponse",
}
STARTUP = {80877102: "CancelRequest", 80877103: "SSLRequest", 80877104: "GSSENCRequest"}


class Log:
    """Cuts both directions of one connection into frames."""

    def __init__(self):
        self.lines = []
        self.buffers = {"F": b"", "B": b""}
        self.untyped = True  # the frontend has yet to send its startup packet
        self.encryption = 0  # one-byte answers still to come
        self.request = None  # the last authentication request

    def add(self, direction, name, frame):
        self.lines.append(f"{direction} {name} {frame.hex()}")

    def feed(self, direction, data):
        self.buffers[direction] += data
        while self.cut(direction):
            pass

    def cut(self, direction):
        buffer = self.buffers[direction]
        if direction == "B" and self.encryption and buffer:
            self.encryption -= 1
            self.add("B", "EncryptionResponse", buffer[:1])
            self.buffers["B"] = buffer[1:]
            return True
        start = 0 if direction == "F" and self.untyped else 1
        if len(buffer) < start + 4:
            return False
        end = start + struct.unpack_from(">i", buffer, start)[0]
        if len(buffer) < end:
            return False
        frame, self.buffers[direction] = buffer[:end], buffer[end:]
        tag = chr(frame[0])
        if start == 0:
            name = STARTUP.get(struct.unpack_from(">i", frame, 4)[0], "StartupMessage")
            if name in ("SSLRequest", "GSSENCRequest"):
                self.encryption += 1
            else:
                self.untyped = False
        elif direction == "F":
            name = RESPONSES[self.request] if tag == "p" else FRONTEND[tag]
        else:
            name = BACKEND[tag]
            if tag == "R":
                self.request = struct.unpack_from(">i", frame, 5)[0]
                name += AUTHENTICATION[self.request]
        self.add(direction, name, frame)
        return True


class Proxy:
    """Listens, passes everything on to the server, and logs it; one log a connection."""

    def __init__(self, port):
        self.server = port
        self.logs = []
        self.threads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            log = Log()
            self.logs.append(log)
            thread = threading.Thread(target=self.run, args=(client, log), daemon=True)
            self.threads.append(thread)
            thread.start()

    def run(self, client, log):
        server = socket.create_connection(("127.0.0.1", self.server))
        ends = {client: ("F", server), server: ("B", client)}
        while ends:
            for ready in select.select(list(ends), [], [])[0]:
                direction, other = ends[ready]
                try:
                    data = ready.recv(65536)
                except ConnectionError:
                    data = b""
                if not data:
                    try:
                        other.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass
                    del ends[ready]
                    continue
                log.feed(direction, data)
                try:
                    other.sendall(data)
                except OSError:
                    pass
        client.close()
        server.close()

    def finish(self):
        self.listener.close()
        for thread in self.threads:
            thread.join(10)
        return [line for log in self.logs for line in log.lines]


class Cluster:
    """A server of its own in a temporary directory."""

    def __init__(self, binaries, user):
        self.binaries, self.user = pathlib.Path(binaries), user
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="golden-"))
        if user:
            shutil.chown(self.directory, user)
        self.data = self.directory / "data"
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8", "-N")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.directory}'\n"
                "wal_level = logical\nlog_min_messages = panic\nfsync = off\n"
            )
        (self.data / "pg_hba.conf").write_text(
            "local all all trust\n"
            "host all md5_user all md5\nhost all scram_user all scram-sha-256\nhost all clear_user all password\n"
            "host all all all trust\nhost replication all all trust\n"
        )
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.directory / "log", "start")
        for sql in (
            "set password_encryption = 'md5'; create role md5_user login password 'password'",
            "create role scram_user login password 'pencil'",
            "create role clear_user login password 'in clear'",
        ):
            self.query(sql)

    def run(self, program, *arguments):
        command = [self.binaries / program, *arguments]
        if self.user:
            command = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups", *command]
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/")

    def query(self, sql):
        raw = Raw(self.port, user=b"postgres", database=b"postgres")
        raw.until("Z")
        raw.query(sql)
        raw.close()

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        shutil.rmtree(self.directory)


class Raw:
    """A client that sends what it is told to."""

    def __init__(self, port, version=0x30000, **parameters):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.buffer = b""
        pairs = b"".join(k.encode() + b"\0" + v + b"\0" for k, v in parameters.items())
        body = struct.pack(">I", version) + pairs + b"\0"
        self.socket.sendall(struct.pack(">I", len(body) + 4) + body)

    def send(self, *messages):
        self.socket.sendall(b"".join(tag + struct.pack(">I", len(body) + 4) + body for tag, body in messages))

    def until(self, last):
        while True:
            while len(self.buffer) < 5 or len(self.buffer) < 1 + struct.unpack_from(">I", self.buffer, 1)[0]:
                data = self.socket.recv(65536)
                if not data:
                    raise SystemExit(f"capture.py: the server closed before it sent {last}")
                self.buffer += data
            tag = chr(self.buffer[0])
            self.buffer = self.buffer[1 + struct.unpack_from(">I", self.buffer, 1)[0]:]
            if tag == last:
                return

    def query(self, sql):
        self.send((b"Q", sql.encode() + b"\0"))
        self.until("Z")

    def close(self):
        self.send((b"X", b""))
        self.socket.close()


def portals(port):
    """Named portals, row limits, format lists and Close, none of which libpq 15 sends."""
    raw = Raw(port, user=b"postgres")
    raw.until("Z")
    raw.send((b"Q", b"begin\0"))
    raw.until("Z")
    raw.send(
        (b"P", b"series\0select n, $2 from generate_series(1, $1) n\0\0\x02\0\0\0\x17\0\0\0\x19"),
        (b"D", b"Sseries\0"),
        (b"B", b"one\0series\0\0\x02\0\x01\0\0\0\x02\0\0\0\x04\0\0\0\x03\0\0\0\0\0\x02\0\x01\0\0"),
        (b"B", b"two\0series\0\0\x01\0\0\0\x02\0\0\0\x012\xff\xff\xff\xff\0\x01\0\x01"),
        (b"D", b"Pone\0"),
        (b"E", b"one\0\0\0\0\x02"),
        (b"E", b"two\0\0\0\0\x01"),
        (b"H", b""),
        (b"E", b"one\0\0\0\0\x02"),
        (b"E", b"two\0\xff\xff\xff\xff"),
        (b"C", b"Pone\0"),
        (b"C", b"Sseries\0"),
        (b"S", b""),
    )
    raw.until("Z")
    raw.close()


def grease(port):
    """A version and options that no server knows."""
    options = {"_pq_.test_protocol_negotiation": b"", "_pq_.foo": b"bar"}
    raw = Raw(port, 0x3270F, user=b"postgres", database=b"postgres", **options)
    raw.until("Z")
    raw.close()


def encryption(port):
    """Both questions for encryption, both refused."""
    with socket.create_connection(("127.0.0.1", port)) as raw:
        for code in (80877104, 80877103):
            raw.sendall(struct.pack(">II", 8, code))
            raw.recv(1)
        raw.sendall(b"\0\0\0\x0f\0\x02\0\0user\0\0\0")
        time.sleep(0.2)


def write(path, lines):
    path.write_text("\n".join(lines) + "\n")
    print(f"{path}: {len(lines)} frames")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--server", required=True, help="directory of initdb and pg_ctl")
    parser.add_argument("--libpq", required=True, help="directory of libpq.so.5")
    parser.add_argument("--as", dest="user", help="user to run the server as")
    parser.add_argument("--regress", action="store_true", help="trace in regress mode, too")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    program = pathlib.Path(tempfile.mkdtemp(prefix="golden-")) / "session"
    libpq = pathlib.Path(options.libpq) / "libpq.so.5"
    include = subprocess.run(["pg_config", "--includedir"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["cc", "-o", program, HERE / "session.c", f"-I{include}", libpq], check=True)
    environment = {**os.environ, "LD_LIBRARY_PATH": options.libpq}
    cluster = Cluster(options.server, options.user)
    user = "user=postgres dbname=postgres"
    traffic = ("simple", "errors", "extended", "copy", "function", "cancel")
    scenarios = [(name, name, user) for name in traffic]
    scenarios += [
        ("login-cleartext", "login", "user=clear_user password='in clear' dbname=postgres"),
        ("login-md5", "login", "user=md5_user password=password dbname=postgres"),
        ("login-scram", "login", "user=scram_user password=pencil dbname=postgres"),
        ("login-refused", "login", "user=scram_user password=pen dbname=postgres"),
        ("login-newest", "login", f"{user} max_protocol_version=latest"),
        ("replication", "replication", "user=postgres replication=true"),
    ]
    runs = [(*scenario, "plain") for scenario in scenarios]
    if options.regress:
        again = ("errors", "extended", "copy", "function", "login-scram")
        runs += [(f"{name}-regress", *rest, "regress") for name, *rest in scenarios if name in again]
    for name, scenario, login, mode in runs:
        proxy = Proxy(cluster.port)
        conninfo = f"host=127.0.0.1 port={proxy.port} gssencmode=disable {login}"
        trace = options.out / f"{name}.trace"
        subprocess.run([program, scenario, conninfo, trace, mode], check=True, env=environment)
        write(options.out / f"{name}.frames", proxy.finish())
    for client in (portals, grease, encryption):
        proxy = Proxy(cluster.port)
        client(proxy.port)
        write(options.out / f"{client.__name__}.frames", proxy.finish())
    cluster.stop()
    shutil.rmtree(program.parent)


main()
