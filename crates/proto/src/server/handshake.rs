//! Before login: encryption requests, cancel requests, and the startup packet.

use alloc::vec::Vec;

use super::{Consequence, Login, ProtocolError, report};
use crate::backend::{self, Report, Severity};
use crate::frontend::{
    self, CancelRequest, GssEncRequest, ProtocolVersion, SslRequest, StartupPacket,
};
use crate::{Decode, Encode, Limits, frame};

/// How the connection came to be encrypted, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Plain text on a network socket.
    Plain,
    /// A Unix-domain socket: never encrypted (rule ST-07).
    Local,
    /// TLS after an SSLRequest.
    Negotiated,
    /// TLS from the first byte, with the ALPN protocol `postgresql`.
    Direct,
}

/// The server's side of a connection until its startup packet has come.
///
/// Encryption requests are answered at most once each, in a loop and never by recursion (CVE-2026-6479), and bytes that
/// came before encryption never survive it (CVE-2021-23214).
#[derive(Debug)]
pub struct Handshake {
    limits: Limits,
    transport: Transport,
    tls_asked: bool,
    gss_asked: bool,
    fresh: bool,
}

/// What a connection opens with.
#[derive(Debug)]
pub enum Opening<'a> {
    /// SSLRequest. Answer with [`Handshake::accept_tls`] or [`Handshake::refuse_tls`].
    TlsRequest,
    /// A TLS ClientHello as the very first bytes; they are left in the input, for the TLS library. After the
    /// handshake, if ALPN chose `postgresql`, go on with [`Handshake::direct_tls`]; otherwise close.
    DirectTls,
    /// CancelRequest. Act on it and close; it is never answered.
    Cancel {
        /// The process id that the session was told in BackendKeyData.
        pid: i32,
        /// The secret key, 1–256 bytes.
        key: &'a [u8],
    },
    /// The startup packet. Go on with [`Handshake::into_login`].
    Startup(Startup<'a>),
}

/// A startup packet whose version has been negotiated.
#[derive(Debug)]
pub struct Startup<'a> {
    /// The version that the connection speaks: 3.0 or 3.2.
    pub version: ProtocolVersion,
    /// The role, never empty.
    pub user: &'a [u8],
    /// The kind of replication asked for.
    pub replication: Replication,
    message: frontend::Startup<'a>,
}

/// The `replication` parameter of the startup packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    /// An ordinary session.
    None,
    /// Physical replication: no database.
    Physical,
    /// Logical replication, tied to a database.
    Logical,
}

impl<'a> Startup<'a> {
    /// The value of a parameter; of several the last (rule SP-01).
    #[must_use]
    pub fn parameter(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.message.parameters.value(name)
    }

    /// All parameters as they came, but for the protocol extensions (`_pq_.…`).
    pub fn parameters(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.message
            .parameters
            .iter()
            .filter(|(name, _)| !name.starts_with(EXTENSION))
    }
}

const EXTENSION: &[u8] = b"_pq_.";

impl Handshake {
    /// A connection just accepted. `transport` is [`Transport::Plain`] or [`Transport::Local`].
    #[must_use]
    pub fn new(transport: Transport, limits: Limits) -> Self {
        Self {
            limits,
            transport,
            tls_asked: false,
            gss_asked: false,
            fresh: true,
        }
    }

    /// How the connection is encrypted now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Takes the next packet from the front of `input`; answers that need no decision are appended to `output`.
    ///
    /// `Ok(None)` means that more is to be read.
    ///
    /// # Errors
    ///
    /// A [`ProtocolError`]; hand it to [`reject`](Self::reject). Nothing but closing follows.
    pub fn receive<'a>(
        &mut self,
        input: &mut &'a [u8],
        output: &mut Vec<u8>,
    ) -> Result<Option<Opening<'a>>, ProtocolError> {
        loop {
            if self.fresh
                && self.transport == Transport::Plain
                && input.first() == Some(&TLS_RECORD)
            {
                return Ok(Some(Opening::DirectTls));
            }
            let Some(packet) = frame::split_startup(input, self.limits.startup_max())? else {
                return Ok(None);
            };
            self.fresh = false;
            match StartupPacket::decode(packet) {
                Ok(StartupPacket::SslRequest) => match self.transport {
                    Transport::Plain | Transport::Local if !self.tls_asked => {
                        self.tls_asked = true;
                        if self.transport == Transport::Local {
                            output.push(b'N');
                            continue;
                        }
                        return Ok(Some(Opening::TlsRequest));
                    }
                    Transport::Direct if !self.tls_asked => {
                        self.tls_asked = true;
                        output.push(b'N');
                    }
                    _ => return Err(version_error(SslRequest::CODE)),
                },
                Ok(StartupPacket::GssEncRequest) => {
                    if self.gss_asked || self.transport == Transport::Negotiated {
                        return Err(version_error(GssEncRequest::CODE));
                    }
                    self.gss_asked = true;
                    output.push(b'N');
                    // A client waits for the answer, so whatever is here was not meant for a clear connection.
                    if !input.is_empty() {
                        return Err(ProtocolError::DataAfterGssRequest);
                    }
                }
                Ok(StartupPacket::CancelRequest(cancel)) => {
                    return Ok(Some(Opening::Cancel {
                        pid: cancel.pid,
                        key: cancel.key,
                    }));
                }
                Ok(StartupPacket::Startup(message)) => {
                    return self.startup(message, output).map(Some);
                }
                Ok(StartupPacket::Unsupported(version)) => {
                    return Err(ProtocolError::UnsupportedVersion {
                        major: version.major(),
                        minor: version.minor(),
                    });
                }
                // A cancel request is never answered, whatever is wrong with it (rule CA-01).
                Err(_) if packet.starts_with(&CancelRequest::CODE.to_be_bytes()) => {
                    return Err(ProtocolError::BadCancelRequest);
                }
                Err(_) => return Err(ProtocolError::StartupLayout),
            }
        }
    }

    fn startup<'a>(
        &self,
        message: frontend::Startup<'a>,
        output: &mut Vec<u8>,
    ) -> Result<Opening<'a>, ProtocolError> {
        let unknown = || {
            message
                .parameters
                .iter()
                .map(|(name, _)| name)
                .filter(|name| name.starts_with(EXTENSION))
        };
        let asked = message.version;
        let version = if asked.minor() >= 2 {
            ProtocolVersion::V3_2
        } else {
            ProtocolVersion::V3_0
        };
        let too_new = asked.minor() > ProtocolVersion::V3_2.minor();
        if too_new || unknown().next().is_some() {
            // The whole version number, not the minor alone as the manual says; and the one asked for where that is
            // ours to speak (rule NV-01).
            let offered = if too_new { version } else { asked };
            let names: Vec<&[u8]> = unknown().collect();
            let negotiated = backend::NegotiateProtocolVersion {
                version: offered,
                options: names.as_slice().into(),
            };
            if negotiated.encode(output).is_err() {
                return Err(ProtocolError::StartupLayout);
            }
        }
        let mut startup = Startup {
            version,
            user: b"",
            replication: Replication::None,
            message,
        };
        startup.replication = match startup.parameter(b"replication") {
            None => Replication::None,
            Some(value) => replication(value).ok_or(ProtocolError::BadReplication)?,
        };
        startup.user = match startup.parameter(b"user") {
            Some(user) if !user.is_empty() => user,
            _ => return Err(ProtocolError::NoUser),
        };
        Ok(Opening::Startup(startup))
    }

    /// Answers an SSLRequest with `S`. Write `output`, then shake hands over the raw socket, then call
    /// [`tls_established`](Self::tls_established).
    ///
    /// # Errors
    ///
    /// [`ProtocolError::DataAfterTlsRequest`] if `input` still holds bytes: they came in clear, and must not be taken
    /// for a part of the encrypted session.
    pub fn accept_tls(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<(), ProtocolError> {
        if !input.is_empty() {
            return Err(ProtocolError::DataAfterTlsRequest);
        }
        output.push(b'S');
        Ok(())
    }

    /// Answers an SSLRequest with `N`; the connection goes on in clear.
    pub fn refuse_tls(&mut self, output: &mut Vec<u8>) {
        output.push(b'N');
    }

    /// The TLS handshake that an SSLRequest asked for is complete.
    #[must_use]
    pub fn tls_established(mut self) -> Self {
        self.transport = Transport::Negotiated;
        self
    }

    /// A TLS handshake without SSLRequest is complete, and ALPN chose `postgresql`.
    #[must_use]
    pub fn direct_tls(mut self) -> Self {
        self.transport = Transport::Direct;
        self.fresh = false;
        self
    }

    /// Goes on to authentication; ends the borrow of the startup packet, so take what is needed from it first.
    #[must_use]
    pub fn into_login(self, version: ProtocolVersion) -> Login {
        Login::new(self.limits, version)
    }

    /// Refuses the connection: writes what PostgreSQL answers to this error. Close afterwards.
    pub fn reject(&mut self, error: &ProtocolError, output: &mut Vec<u8>) -> Consequence {
        let consequence = error.consequence();
        match *error {
            ProtocolError::UnsupportedVersion { major, .. } if major < 3 => {
                // A client that old knows errors without a length word only (rule ST-08).
                output.push(b'E');
                output.extend_from_slice(b"FATAL:  ");
                output.extend_from_slice(alloc::format!("{error}").as_bytes());
                output.extend_from_slice(b"\n\0");
            }
            _ if consequence == Consequence::Disconnect => {}
            _ => report::protocol(error, Severity::Fatal, output),
        }
        consequence
    }

    /// Refuses the connection with an error of the server's own, such as 53300. Close afterwards.
    pub fn refuse(&mut self, error: &Report<'_>, output: &mut Vec<u8>) {
        // Nothing can be wrong with the order here, and an error that cannot be encoded is better dropped than sent.
        let _ = report::fatal(error, output);
    }
}

const TLS_RECORD: u8 = 0x16;

/// A request code that may not be asked now is read as a version number (rule ST-01).
fn version_error(code: u32) -> ProtocolError {
    let version = ProtocolVersion(code);
    ProtocolError::UnsupportedVersion {
        major: version.major(),
        minor: version.minor(),
    }
}

/// PostgreSQL's spellings of a boolean (any unambiguous beginning of a word), and `database`.
fn replication(value: &[u8]) -> Option<Replication> {
    if value.eq_ignore_ascii_case(b"database") {
        return Some(Replication::Logical);
    }
    let begins = |word: &[u8], least: usize| {
        value.len() >= least
            && word
                .get(..value.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(value))
    };
    let on = begins(b"true", 1) || begins(b"yes", 1) || begins(b"on", 2) || value == b"1";
    let off = begins(b"false", 1) || begins(b"no", 1) || begins(b"off", 2) || value == b"0";
    match (on, off) {
        (true, _) => Some(Replication::Physical),
        (_, true) => Some(Replication::None),
        _ => None,
    }
}
