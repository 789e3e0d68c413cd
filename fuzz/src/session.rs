//! A script of operations on the session machine, and a client that watches what comes out.

use trunkline_proto::auth::trust;
use trunkline_proto::backend::{
    CopyBothResponse, CopyInResponse, CopyOutResponse, Field, Report, Severity, TransactionStatus,
};
use trunkline_proto::frontend::{ProtocolVersion, Target};
use trunkline_proto::server::{Connection, Consequence, Event, Handshake, Misuse, Transport};
use trunkline_proto::{Format, Limits, Oid, SqlState};

use crate::frames;

/// Runs the operations that the bytes of an input stand for.
pub struct Session<'a> {
    script: &'a [u8],
    machine: Connection,
    /// What the client sent and the machine has not taken.
    input: Vec<u8>,
    output: Vec<u8>,
    client: Client,
}

/// What a client knows from what it sent and what came back.
#[derive(Debug, Default)]
struct Client {
    waits_for: Answer,
    /// Rows were described, or a COPY begun, and not yet ended.
    within: Within,
    closed: bool,
}

#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
enum Answer {
    #[default]
    Opening,
    Nothing,
    Parse,
    Bind,
    Close,
    Parameters,
    Description,
    Execute,
    Query,
    Function,
    Sync,
    /// ReadyForQuery and nothing else.
    Ready,
}

#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
enum Within {
    #[default]
    Nothing,
    Rows,
    CopyIn,
    CopyOut,
    CopyBoth,
    /// Only the tag is to come.
    CopyEnd,
}

impl<'a> Session<'a> {
    /// A session just logged in.
    #[must_use]
    pub fn new(script: &'a [u8]) -> Self {
        let mut output = Vec::new();
        let machine = Handshake::new(Transport::Plain, Limits::default())
            .into_login(ProtocolVersion::V3_0)
            .finish(trust(), None, &mut output)
            .expect("AuthenticationOk is always encodable");
        output.clear();
        Self {
            script,
            machine,
            input: Vec::new(),
            output,
            client: Client::default(),
        }
    }

    /// Runs the script to its end.
    pub fn run(mut self) {
        while let Some(operation) = self.byte() {
            if operation & 0x80 == 0 {
                self.feed(operation);
                self.receive();
            } else {
                self.send(operation & 0x7f);
            }
            assert_eq!(self.machine.is_closed(), self.client.closed);
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.script.split_first()?;
        self.script = rest;
        Some(*first)
    }

    /// The client sends something: a message that is whole, or bytes of the script's own.
    fn feed(&mut self, operation: u8) {
        let message: &[u8] = match operation & 31 {
            0 => b"Q\0\0\0\x0dselect 1\0",
            1 => b"P\0\0\0\x11s\0select 1\0\0\0",
            2 => b"B\0\0\0\x0dp\0s\0\0\0\0\0\0",
            3 => b"D\0\0\0\x07Ss\0",
            4 => b"D\0\0\0\x07Pp\0",
            5 => b"E\0\0\0\x0ap\0\0\0\0\0",
            6 => b"C\0\0\0\x07Ss\0",
            7 => b"H\0\0\0\x04",
            8 => b"S\0\0\0\x04",
            9 => b"F\0\0\0\x0e\0\0\0\x01\0\0\0\0\0\0",
            10 => b"d\0\0\0\x05x",
            11 => b"c\0\0\0\x04",
            12 => b"f\0\0\0\x05\0",
            13 => b"X\0\0\0\x04",
            14 => b"Q\0\0\0\x08abc!",
            15 => b"S\0\0\0\x05!",
            16 => b"z\0\0\0\x04",
            17 => b"P\0\0\0\x05\0",
            18 => b"B\0\0\0\x05\0",
            19 => b"D\0\0\0\x06X\0",
            20 => b"S\0\0\0\x03",
            21 => b"p\0\0\0\x04",
            22 => b"f\0\0\0\x05x",
            23 => b"H\0\0\0\x05!",
            24 => b"",
            _ => {
                let length = usize::from(operation >> 5) * 2 + 1;
                let length = length.min(self.script.len());
                let (bytes, rest) = self.script.split_at(length);
                self.input.extend_from_slice(bytes);
                self.script = rest;
                return;
            }
        };
        self.input.extend_from_slice(message);
    }

    /// The machine takes one event, if it may.
    fn receive(&mut self) {
        let receptive = self.machine.is_receptive();
        let copying = self.machine.is_copying_in();
        let mut rest = self.input.as_slice();
        let before = rest.len();
        let event = self.machine.receive(&mut rest);
        let after = rest.len();
        if !receptive {
            assert!(matches!(event, Ok(None)), "an answer is owed");
            assert_eq!(before, after);
        }
        let answer = match event {
            Ok(None) => None,
            Ok(Some(event)) => Some(match event {
                Event::Query(_) => Answer::Query,
                Event::Parse(_) => Answer::Parse,
                Event::Bind(_) => Answer::Bind,
                Event::Describe(Target::Statement(_)) => Answer::Parameters,
                Event::Describe(Target::Portal(_)) => Answer::Description,
                Event::Execute(_) => Answer::Execute,
                Event::Close(_) => Answer::Close,
                Event::Sync => Answer::Sync,
                Event::FunctionCall(_) => Answer::Function,
                Event::CopyData(_) => {
                    assert!(copying);
                    self.client.waits_for
                }
                Event::CopyDone | Event::CopyFail(_) => {
                    assert!(copying);
                    self.client.within = Within::CopyEnd;
                    self.client.waits_for
                }
                Event::Flush => Answer::Nothing,
                Event::Terminate => {
                    self.client.closed = true;
                    self.client.waits_for
                }
                other => panic!("unknown to this test: {other:?}"),
            }),
            Err(error) => {
                // The message was consumed; what it would have been answered with decides what the error does.
                let consequence = self.machine.reject(&error, &mut self.output);
                let tags = frames::check(&self.output);
                self.output.clear();
                match consequence {
                    Consequence::Report => {
                        assert_eq!(tags, b"E");
                        // A malformed Query, FunctionCall or Sync has its ReadyForQuery still to come.
                        self.client.within = Within::Nothing;
                        self.client.waits_for = if self.machine.is_receptive() {
                            Answer::Nothing
                        } else {
                            Answer::Ready
                        };
                    }
                    Consequence::Terminate => {
                        assert!(tags == b"E" || (copying && tags == b"EE"));
                        self.client.closed = true;
                    }
                    Consequence::Disconnect => {
                        assert!(tags.is_empty());
                        self.client.closed = true;
                    }
                }
                None
            }
        };
        if let Some(answer) = answer {
            if !copying && !self.client.closed {
                assert_eq!(
                    self.client.waits_for,
                    Answer::Nothing,
                    "one request at a time"
                );
            }
            self.client.waits_for = answer;
        }
        self.input.drain(..before - after);
    }

    /// The server sends something; the machine must refuse it without a trace or the client must understand it.
    fn send(&mut self, operation: u8) {
        let nul = operation & 32 != 0;
        let text = if nul { "a\0b" } else { "ab" };
        let machine = &mut self.machine;
        let output = &mut self.output;
        output.extend_from_slice(b"before");
        let mark = output.len();
        let report = Report::new(Severity::Notice, SqlState::SYNTAX_ERROR, text.as_bytes());
        let column = Field {
            name: text.as_bytes(),
            table: Oid(0),
            column: 0,
            ty: Oid(25),
            size: -1,
            modifier: -1,
            format: Format::Text,
        };
        let sent: Result<(), Misuse> = match operation & 31 {
            0 => machine.parameter_status(text, "value", output),
            1 => machine.backend_key(1, if nul { b"abc" } else { b"abcd" }, output),
            2 => machine.notice(&report, output),
            3 => machine.notification(1, "channel", text, output),
            4 => machine.parse_complete(output),
            5 => machine.bind_complete(output),
            6 => machine.close_complete(output),
            7 => machine.parameters([Oid(23)].into_iter(), output),
            8 => machine.row_description([column].into_iter(), output),
            9 => machine.no_data(output),
            10 | 11 => {
                let allowed = machine.allows_rows();
                let sent = machine.data_row([None, Some(text.as_bytes())].into_iter(), output);
                assert_eq!(sent.is_ok(), allowed);
                sent
            }
            12 => machine.command_complete(text, output),
            13 => machine.rows_complete(text, 7, output),
            14 => machine.empty_query(output),
            15 => machine.portal_suspended(output),
            16 => machine.function_result(Some(b"x"), output),
            17 => machine.copy_in(
                &CopyInResponse {
                    format: Format::Text,
                    columns: (&[0]).into(),
                },
                output,
            ),
            18 => machine.copy_out(
                &CopyOutResponse {
                    format: Format::Text,
                    columns: (&[0]).into(),
                },
                output,
            ),
            19 => machine.copy_both(
                &CopyBothResponse {
                    format: Format::Text,
                    columns: (&[]).into(),
                },
                output,
            ),
            20 => {
                let allowed = machine.allows_copy_data();
                let sent = machine.copy_data(b"x\n", output);
                assert_eq!(sent.is_ok(), allowed);
                sent
            }
            21 => machine.copy_done(output),
            22 | 23 => machine.error(&report, output),
            24 => machine.fatal(&report, output),
            _ => {
                let status = match operation & 3 {
                    0 => TransactionStatus::InTransaction,
                    1 => TransactionStatus::Failed,
                    _ => TransactionStatus::Idle,
                };
                machine.ready(status, output)
            }
        };
        match sent {
            Err(_) => assert_eq!(output.as_slice(), b"before", "a misuse leaves no trace"),
            Ok(()) => {
                for tag in frames::check(&output[mark..]) {
                    self.client.hear(tag, operation & 31 == 24);
                }
            }
        }
        output.clear();
    }
}

impl Client {
    /// A message arrives; the client must be able to tell what it answers.
    fn hear(&mut self, tag: u8, fatal: bool) {
        assert!(!self.closed, "nothing follows the end");
        if matches!(tag, b'S' | b'N' | b'A') {
            return;
        }
        if fatal {
            self.closed = true;
            return;
        }
        let (waits_for, within) = match (self.waits_for, self.within, tag) {
            (Answer::Opening, _, b'K') => (Answer::Opening, Within::Nothing),
            (Answer::Opening, _, b'E') => (Answer::Opening, Within::Nothing),
            (Answer::Opening | Answer::Sync | Answer::Ready, _, b'Z') => {
                (Answer::Nothing, Within::Nothing)
            }
            (Answer::Parse, _, b'1') | (Answer::Bind, _, b'2') | (Answer::Close, _, b'3') => {
                (Answer::Nothing, Within::Nothing)
            }
            (Answer::Parameters, _, b't') => (Answer::Description, Within::Nothing),
            (Answer::Description, _, b'T' | b'n') => (Answer::Nothing, Within::Nothing),
            (Answer::Execute, Within::Nothing | Within::Rows, b'D') => {
                (Answer::Execute, Within::Rows)
            }
            (Answer::Execute, Within::Nothing | Within::Rows, b'C' | b'I' | b's') => {
                (Answer::Nothing, Within::Nothing)
            }
            (Answer::Query, Within::Nothing, b'T') => (Answer::Query, Within::Rows),
            (Answer::Query, Within::Rows, b'D') => (Answer::Query, Within::Rows),
            (Answer::Query, Within::Rows, b'C') => (Answer::Query, Within::Nothing),
            (Answer::Query, Within::Nothing, b'C' | b'I') => (Answer::Query, Within::Nothing),
            (Answer::Query, Within::Nothing, b'Z') => (Answer::Nothing, Within::Nothing),
            (Answer::Execute | Answer::Query, Within::Nothing | Within::Rows, b'G') => {
                (self.waits_for, Within::CopyIn)
            }
            (Answer::Execute | Answer::Query, Within::Nothing | Within::Rows, b'H') => {
                (self.waits_for, Within::CopyOut)
            }
            (Answer::Execute | Answer::Query, Within::Nothing | Within::Rows, b'W') => {
                (self.waits_for, Within::CopyBoth)
            }
            (_, Within::CopyOut | Within::CopyBoth, b'd') => (self.waits_for, self.within),
            (_, Within::CopyOut | Within::CopyBoth, b'c') => (self.waits_for, Within::CopyEnd),
            (Answer::Query, Within::CopyEnd, b'C') => (Answer::Query, Within::Nothing),
            (Answer::Execute, Within::CopyEnd, b'C') => (Answer::Nothing, Within::Nothing),
            (Answer::Function, _, b'V') => (Answer::Ready, Within::Nothing),
            (Answer::Query | Answer::Function | Answer::Sync | Answer::Ready, _, b'E') => {
                (Answer::Ready, Within::Nothing)
            }
            (Answer::Nothing, ..) => panic!("{} answers nothing", char::from(tag)),
            (_, _, b'E') => (Answer::Nothing, Within::Nothing),
            other => panic!("{other:?}"),
        };
        self.waits_for = waits_for;
        self.within = within;
    }
}
