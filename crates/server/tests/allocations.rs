//! Counts what the server allocates. One test, since every thread of the process counts.
//!
//! The client here is a bare socket and a fixed buffer: it allocates nothing while the count is on.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::alloc::System;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, Stats, StatsAlloc};
use tokio::runtime::Runtime;
use trunkline_server::{
    Authenticator, Cleartext, Client, Columns, Params, Prepared, Reply, Result, Server, Session,
    Tag, Trust, Type, Verifier,
};

#[path = "wire/messages.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a part of the wire client, shared with the cases"
)]
mod messages;

use messages::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Plays `one` (a row of its two parameters), `few` (two rows), `many` (a million) and `endless`.
struct Table {
    one: Columns,
    many: Columns,
}

#[derive(Clone, Copy)]
enum Statement {
    One,
    Many(i32),
}

impl Table {
    fn open(_: &Client) -> Self {
        Self {
            one: [("n", Type::INT4), ("t", Type::TEXT)].into(),
            many: [
                ("a", Type::INT4),
                ("b", Type::INT8),
                ("c", Type::TEXT),
                ("d", Type::BOOL),
            ]
            .into(),
        }
    }
}

impl Session for Table {
    type Statement = Statement;

    async fn prepare(&self, sql: &str, _: &[Type]) -> Result<Prepared<Statement>> {
        let rows = match sql {
            "one" => {
                return Ok(Prepared::new(Statement::One)
                    .params([Type::INT4, Type::TEXT])
                    .columns(self.one.clone()));
            }
            "wide" => {
                let columns: Columns = (0..1000)
                    .map(|_| ("a name of some length", Type::INT4))
                    .collect();
                return Ok(Prepared::new(Statement::Many(0)).columns(columns));
            }
            "few" => 2,
            "many" => 1_000_000,
            _ => i32::MAX,
        };
        Ok(Prepared::new(Statement::Many(rows)).columns(self.many.clone()))
    }

    async fn execute(
        &self,
        statement: &Statement,
        params: Params<'_>,
        reply: &mut Reply,
    ) -> Result<Tag> {
        match statement {
            Statement::One => {
                let (number, text): (i32, Option<&str>) = params.decode()?;
                reply.row((number, text)).await?;
                Ok(Tag::select(1))
            }
            Statement::Many(rows) => {
                for n in 0..*rows {
                    reply.row((n, i64::from(n), "text", Some(true))).await?;
                }
                Ok(Tag::select(u64::from(rows.unsigned_abs())))
            }
        }
    }
}

/// A client that allocates nothing once it is built.
struct Bare {
    socket: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Bare {
    fn login(address: SocketAddr) -> Self {
        let mut client = Self {
            socket: TcpStream::connect(address).unwrap(),
            buffer: vec![0; 1 << 16],
            filled: 0,
        };
        client.socket.set_nodelay(true).unwrap();
        client
            .socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        client.round(&startup(V3_0, &[("user", "me")]), 1);
        client
    }

    /// Writes, and reads until so many Z have come.
    fn round(&mut self, request: &[u8], ready: usize) {
        self.socket.write_all(request).unwrap();
        let mut seen = 0;
        while seen < ready {
            let n = self.socket.read(&mut self.buffer[self.filled..]).unwrap();
            assert!(n > 0, "the server closed");
            self.filled += n;
            let mut at = 0;
            while let [tag, a, b, c, d, ..] = self.buffer[at..self.filled] {
                let end = at + 1 + u32::from_be_bytes([a, b, c, d]) as usize;
                if end > self.filled {
                    break;
                }
                assert_ne!(
                    tag,
                    b'E',
                    "{:?}",
                    String::from_utf8_lossy(&self.buffer[at..end])
                );
                seen += usize::from(tag == b'Z');
                at = end;
            }
            self.buffer.copy_within(at..self.filled, 0);
            self.filled -= at;
        }
        assert_eq!(self.filled, 0, "more came than was asked for");
    }
}

fn serve(runtime: &Runtime, authenticator: impl Authenticator) -> SocketAddr {
    let server = Server::new(authenticator).max_logins(1000);
    let listener = runtime.block_on(server.bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { listener.serve(Table::open, std::future::pending()).await });
    address
}

/// What `work` allocates, after it was run once to warm up.
fn count(mut work: impl FnMut()) -> Stats {
    work();
    let region = Region::new(ALLOCATOR);
    work();
    region.change()
}

/// Bytes that were allocated and are still.
fn held(stats: &Stats) -> usize {
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}

#[test]
fn the_server_allocates_little() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let trusting = serve(&runtime, Trust);
    nothing_per_message_row_or_field(trusting);
    a_reader_that_stops_costs_little(trusting);
    a_flood_of_small_requests_costs_little(trusting);

    let asking = serve(
        &runtime,
        Cleartext::new(|_: &str| Verifier::scram(b"pencil", [7; 16], 4096).ok()),
    );
    at_most_64_kib_before_login(asking);
}

/// Rule: hot path. In steady state, no message, row or field allocates.
fn nothing_per_message_row_or_field(address: SocketAddr) {
    let mut client = Bare::login(address);
    let prepare = [
        parse("one", "one", &[]),
        parse("many", "many", &[]),
        parse("few", "few", &[]),
        sync(),
    ];
    client.round(&prepare.concat(), 1);
    let run = |statement: &str, values: &[Option<&str>]| {
        [bind("", statement, values), execute("", 0)].concat()
    };
    let one = run("one", &[Some("7"), Some("seven")]);
    let binary_one = [
        bind_as(
            "",
            "one",
            &[1],
            &[Some(&[0, 0, 0, 7]), Some(b"seven")],
            &[1],
        ),
        execute("", 0),
    ]
    .concat();
    let seven: [Option<&[u8]>; 2] = [Some(b"7"), Some(b"seven")];
    let mixed_one = [
        bind_as("", "one", &[], &seven, &[1, 0]),
        execute("", 0),
        sync(),
    ];
    let described = [
        bind("", "one", &[Some("7"), None]),
        describe_portal(""),
        execute("", 0),
        describe_statement("one"),
    ];
    let suspended = [
        bind("", "few", &[]),
        execute("", 1),
        execute("", 1),
        execute("", 1),
    ];
    let binary_many = [bind_as("", "many", &[], &[], &[1]), execute("", 0), sync()];

    // (what, request, its Zs, how often, allocations allowed in all)
    for (what, request, ready, times, allowed) in [
        ("prepared", [&one[..], &sync()].concat(), 1, 1000, 0),
        (
            "prepared, binary",
            [&binary_one[..], &sync()].concat(),
            1,
            1000,
            0,
        ),
        (
            "pipelined, a Sync each",
            [&one[..], &sync()].concat().repeat(100),
            100,
            50,
            0,
        ),
        (
            "pipelined, one Sync",
            [one.repeat(100), sync()].concat(),
            1,
            50,
            0,
        ),
        (
            "a million rows, text",
            [run("many", &[]), sync()].concat(),
            1,
            1,
            0,
        ),
        ("a million rows, binary", binary_many.concat(), 1, 1, 0),
        ("a million rows, simple", query("many"), 1, 1, 8),
        ("mixed formats", mixed_one.concat(), 1, 1000, 0),
        // A suspended portal is boxed, a Query is prepared: a few each.
        (
            "described",
            [&described.concat()[..], &sync()].concat(),
            1,
            500,
            0,
        ),
        (
            "suspended",
            [&suspended.concat()[..], &sync()].concat(),
            1,
            500,
            6 * 500,
        ),
        ("simple", query("few"), 1, 500, 4 * 500),
    ] {
        let stats = count(|| (0..times).for_each(|_| client.round(&request, ready)));
        let allocations = stats.allocations + stats.reallocations;
        println!(
            "{what}: {} allocations in {times} rounds",
            stats.allocations
        );
        assert!(allocations <= allowed, "{what}: {stats:?}");
        assert!(held(&stats) < 1 << 16, "{what}: memory grows: {stats:?}");
    }
}

/// SEC-65: results wait in the session, not in memory.
fn a_reader_that_stops_costs_little(address: SocketAddr) {
    let mut client = Bare::login(address);
    // The client of before is to be gone.
    sleep(Duration::from_millis(100));
    let region = Region::new(ALLOCATOR);
    client.socket.write_all(&query("endless")).unwrap();
    // Twice as long shows growth, if there is any.
    sleep(Duration::from_millis(150));
    let early = held(&region.change());
    sleep(Duration::from_millis(150));
    let late = held(&region.change());
    println!("a reader that stops: {early}, then {late} bytes");
    assert!(
        early < 1 << 18 && late <= early + 1024,
        "{early}, then {late} bytes"
    );
}

/// FR-11: what is small to ask for and large to answer leaves when much of it has gathered, not first at the end.
fn a_flood_of_small_requests_costs_little(address: SocketAddr) {
    for (what, flood) in [
        ("Describe", describe_statement("wide").repeat(1000)),
        ("statements of a Query", query(&"wide;".repeat(5000))),
    ] {
        let mut client = Bare::login(address);
        client.round(&[parse("wide", "wide", &[]), sync()].concat(), 1);
        // The client of before is to be gone.
        sleep(Duration::from_millis(100));
        let region = Region::new(ALLOCATOR);
        client.socket.set_nonblocking(true).unwrap();
        for _ in 0..20 {
            // As much as the server takes.
            let _ = client.socket.write(&flood);
            sleep(Duration::from_millis(10));
        }
        let held = held(&region.change());
        println!("a flood of {what}: {held} bytes");
        assert!(held < 1 << 19, "{held} bytes");
    }
}

/// LM-02: whatever a client sends before it has logged in, and however much of it.
fn at_most_64_kib_before_login(address: SocketAddr) {
    const CLIENTS: usize = 24;
    let hello = startup(V3_0, &[("user", "me")]);
    let longest = startup(
        V3_0,
        &[("user", "me"), ("application_name", &"x".repeat(9900))],
    );
    let flood = vec![b'x'; 1 << 16];
    let opening = |bytes: &[u8]| {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(bytes).unwrap();
        socket
    };
    for (what, start, flooded) in [
        (
            "one byte short of a startup packet",
            &longest[..longest.len() - 1],
            false,
        ),
        (
            "a startup packet of great length",
            &[0, 0, 0x27, 0x14, 0, 3, 0, 0][..],
            false,
        ),
        (
            "one byte short of the longest password",
            &[&hello[..], &header(b'p', 65_535), &flood[..65_530]].concat(),
            false,
        ),
        ("messages behind the startup packet", &hello, true),
        ("a TLS handshake", &[0x16, 3, 1, 0x3F, 0xFF], true),
    ] {
        // Those of the last round are to be gone.
        sleep(Duration::from_millis(100));
        let region = Region::new(ALLOCATOR);
        let mut clients = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let mut socket = opening(start);
            socket.set_nonblocking(true).unwrap();
            // As much as the server takes, or would have to hold four times over.
            for _ in 0..if flooded { 4 } else { 0 } {
                match socket.write(&flood) {
                    Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                    Err(_) => break,
                    Ok(_) => {}
                }
            }
            clients.push(socket);
        }
        sleep(Duration::from_millis(100));
        let each = held(&region.change()) / CLIENTS;
        println!("{what}: {each} bytes a client");
        assert!(each < 65_536 + 8_192, "{what}: {each} bytes a client");
    }
}
