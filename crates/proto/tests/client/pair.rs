//! Our two machines against each other: whatever the server's may send is due at the client's, however the stream is cut.

use proptest::prelude::*;
use trunkline_proto::auth::{self, Binding};
use trunkline_proto::backend::{
    CopyInResponse, CopyOutResponse, Field, Report, Severity, TransactionStatus,
};
use trunkline_proto::client::{Connection, Misuse, Progress};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::frontend::{Bind, FunctionCall, Parse, ProtocolVersion, Target};
use trunkline_proto::server::{self, Handshake, Transport};
use trunkline_proto::{Format, Limits, Oid, PortalName, SqlState, StatementName};

use crate::support::{credentials, lax, login};

/// Both sides and the bytes between them.
struct Pair {
    client: Connection,
    server: server::Connection,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    /// Rows of an unfinished result are out. The server's machine lets its caller send rows without being asked for each, so
    /// that it is the caller who knows that neither an empty query nor a COPY can follow.
    rows: bool,
    /// A Sync is to be answered. A series may fail at its end, but a Sync that was sent too early for a COPY has no series, and
    /// this server cannot tell one from the other.
    syncing: bool,
}

impl Pair {
    fn new() -> Self {
        let mut to_client = vec![];
        let mut server = Handshake::new(Transport::Plain, Limits::default())
            .into_login(ProtocolVersion::V3_0)
            .finish(auth::trust(), None, &mut to_client)
            .unwrap();
        server
            .ready(TransactionStatus::Idle, &mut to_client)
            .unwrap();
        let mut login = login(
            ProtocolVersion::V3_0,
            &lax(),
            credentials(b"", Binding::Plaintext),
        );
        let mut input = to_client.as_slice();
        while let Some(progress) = login.receive(&mut input, &mut vec![]).unwrap() {
            if matches!(progress, Progress::Ready) {
                break;
            }
        }
        Self {
            client: login.finish().unwrap(),
            server,
            to_server: vec![],
            to_client: vec![],
            rows: false,
            syncing: false,
        }
    }

    fn send(&mut self, request: u8) -> Result<(), Misuse> {
        let (client, out) = (&mut self.client, &mut self.to_server);
        let statement = StatementName::from("s");
        let portal = PortalName::from("p");
        let none = Formats::default();
        match request {
            0 => client.query(b"select 1", out),
            1 => client.parse(
                &Parse {
                    statement,
                    sql: b"select 1",
                    types: Default::default(),
                },
                out,
            ),
            2 => client.bind(
                &Bind {
                    portal,
                    statement,
                    param_formats: none,
                    params: Values::default(),
                    result_formats: none,
                },
                out,
            ),
            3 => client.describe(Target::Statement(statement), out),
            4 => client.describe(Target::Portal(portal), out),
            5 | 6 => client.execute(portal, 0, out),
            7 => client.close(Target::Portal(portal), out),
            8 => client.function_call(
                &FunctionCall {
                    function: Oid(1),
                    formats: none,
                    arguments: Values::default(),
                    result_format: 0,
                },
                out,
            ),
            9 => client.flush(out),
            10 => client.copy_data(b"data", out),
            11 => client.copy_done(out),
            12 => client.copy_fail(b"why", out),
            _ => client.sync(out),
        }
    }

    /// The server does one thing that its machine allows: takes a request, or sends `reply`.
    fn serve(&mut self, reply: u8) {
        let (server, out) = (&mut self.server, &mut self.to_client);
        let mut input = self.to_server.as_slice();
        let before = input.len();
        match server.receive(&mut input) {
            Ok(Some(server::Event::Sync)) => self.syncing = true,
            Ok(_) => {}
            // A request where only COPY data was welcome: two errors, and the end.
            Err(error) => {
                server.reject(&error, out);
            }
        }
        let taken = before - input.len();
        self.to_server.drain(..taken);
        let format = Format::Text;
        let columns = Formats::default();
        // The first that is allowed, beginning somewhere.
        for offset in 0..17 {
            let reply = (reply + offset) % 17;
            if self.rows && matches!(reply, 8 | 11 | 12) || self.syncing && reply == 15 {
                continue;
            }
            let sent = match reply {
                0 => server.parse_complete(out),
                1 => server.bind_complete(out),
                2 => server.close_complete(out),
                3 => server.parameters([Oid(23)].into_iter(), out),
                4 => server.row_description([column()].into_iter(), out),
                5 => server.no_data(out),
                6 => server.data_row([Some(&b"1"[..])].into_iter(), out),
                7 => server.command_complete("SELECT 1", out),
                8 => server.empty_query(out),
                9 => server.portal_suspended(out),
                10 => server.function_result(None, out),
                11 => server.copy_in(&CopyInResponse { format, columns }, out),
                12 => server.copy_out(&CopyOutResponse { format, columns }, out),
                13 => server.copy_data(b"data", out),
                14 => server.copy_done(out),
                15 => server.error(
                    &Report::new(Severity::Error, SqlState::DIVISION_BY_ZERO, b"no"),
                    out,
                ),
                _ => server.ready(TransactionStatus::Idle, out),
            };
            if sent.is_ok() {
                self.rows = reply == 6;
                self.syncing = false;
                return;
            }
        }
    }

    /// The client takes what is there, the last `held` bytes apart.
    fn deliver(&mut self, held: usize) {
        let end = self.to_client.len().saturating_sub(held);
        let mut input = &self.to_client[..end];
        loop {
            match self.client.receive(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => panic!("{error}"),
            }
        }
        let taken = end - input.len();
        self.to_client.drain(..taken);
    }
}

fn column() -> Field<'static> {
    Field {
        name: b"a",
        table: Oid(0),
        column: 0,
        ty: Oid(23),
        size: 4,
        modifier: -1,
        format: Format::Text,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_server_may_send_is_due(
        steps in proptest::collection::vec((0..3_u8, any::<u8>()), 0..120)
    ) {
        let mut pair = Pair::new();
        for (who, what) in steps {
            match who {
                0 => {
                    let before = pair.to_server.len();
                    if pair.send(what % 15).is_err() {
                        prop_assert_eq!(pair.to_server.len(), before);
                    }
                }
                1 => pair.serve(what % 17),
                _ => pair.deliver(usize::from(what % 8)),
            }
        }
        // Everything is answered in the end: the server ends what it began, the client its COPY and its series.
        for _ in 0..400 {
            pair.deliver(0);
            if pair.client.is_closed() {
                break;
            }
            if pair.client.wants_data() {
                pair.send(11).unwrap();
            }
            if pair.client.is_skipping() || pair.server.is_skipping() && pair.to_server.is_empty() {
                pair.send(14).unwrap();
            }
            // Beginning at what ends things.
            pair.serve(14);
        }
        pair.deliver(0);
        prop_assert_eq!(pair.client.unanswered(), 0);
        prop_assert!(pair.client.is_closed() || !pair.server.is_closed());
    }
}
