//! Prints traffic in the format of libpq's `PQtrace`, one message a line.
//!
//! ```text
//! F       27      Query    "select 'hello'"
//! B       33      RowDescription   1 "?column?" 0 0 25 65535 -1 0
//! B       15      DataRow  1 5 'hello'
//! B       13      CommandComplete  "SELECT 1"
//! B       5       ReadyForQuery    I
//! │       │       │                └ fields: numbers, "strings", 'bytes'
//! │       │       └ name
//! │       └ length field
//! └ from the frontend or the backend; tabs between the columns
//! ```
//!
//! A message that cannot be read to its end, or has bytes after it, is printed as far as it goes and a line says
//! so. Passwords are printed like everything else: a trace is for those who may see them.

mod backend;
mod body;
mod frontend;
mod timestamp;

pub use timestamp::timestamp;

use core::fmt::{self, Write};

use crate::backend::{Authentication, ErrorResponse, NoticeResponse};
use body::Body;

/// What an encryption request asked for.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Encryption {
    /// TLS.
    Ssl,
    /// GSSAPI.
    Gss,
}

/// Prints the messages of one connection, in the order in which they pass.
///
/// ```
/// use trunkline_proto::trace::Printer;
///
/// let mut text = String::new();
/// let mut printer = Printer::new();
/// printer.frontend(&mut text, b'Q', b"select 'hello'\0")?;
/// printer.backend(&mut text, b'D', b"\0\x01\0\0\0\x05hello")?;
/// assert_eq!(text, "F\t19\tQuery\t \"select 'hello'\"\nB\t15\tDataRow\t 1 5 'hello'\n");
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Printer {
    regress: bool,
    /// The code of the last authentication request, by which a `p` gets its name.
    request: Option<i32>,
}

impl Printer {
    /// Prints everything.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            regress: false,
            request: None,
        }
    }

    /// Leaves out what differs from run to run and from server to server, as `PQTRACE_REGRESS_MODE` does:
    /// process ids, keys, OIDs, the bytes of COPY and of authentication, the places in the server's source.
    #[must_use]
    pub const fn regress() -> Self {
        Self {
            regress: true,
            request: None,
        }
    }

    /// Prints a startup packet: a message without a type byte.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn startup(&mut self, out: &mut impl Write, body: &[u8]) -> fmt::Result {
        write!(out, "F\t{}\t", body.len().saturating_add(4))?;
        self.body(out, body, frontend::startup)
    }

    /// Prints the one byte that answers an SSLRequest or GSSENCRequest.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn encryption(
        &mut self,
        out: &mut impl Write,
        asked: Encryption,
        answer: u8,
    ) -> fmt::Result {
        let name = match asked {
            Encryption::Ssl => "SSLResponse",
            Encryption::Gss => "GSSENCResponse",
        };
        writeln!(out, "B\t1\t{name}\t {}", char::from(answer))
    }

    /// Prints a typed message of the client's.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn frontend(&mut self, out: &mut impl Write, tag: u8, body: &[u8]) -> fmt::Result {
        write!(out, "F\t{}\t", body.len().saturating_add(4))?;
        let request = self.request;
        self.body(out, body, |body| frontend::message(body, tag, request))
    }

    /// Prints a typed message of the server's.
    ///
    /// # Errors
    ///
    /// What `out` fails with.
    pub fn backend(&mut self, out: &mut impl Write, tag: u8, body: &[u8]) -> fmt::Result {
        if tag == Authentication::TAG {
            self.request = body.first_chunk().map(|code| i32::from_be_bytes(*code));
        }
        // The lengths of the source's file names would change the length of the whole.
        if self.regress && matches!(tag, ErrorResponse::TAG | NoticeResponse::TAG) {
            out.write_str("B\tNN\t")?;
        } else {
            write!(out, "B\t{}\t", body.len().saturating_add(4))?;
        }
        self.body(out, body, |body| backend::message(body, tag))
    }

    /// Prints name and fields, and whether they were the whole of the body.
    fn body<'a, W: Write>(
        &self,
        out: &'a mut W,
        bytes: &'a [u8],
        fields: impl FnOnce(&mut Body<'a, W>) -> body::Result,
    ) -> fmt::Result {
        let mut body = Body::new(out, bytes, self.regress);
        let ended = fields(&mut body);
        body.end(ended, bytes.len().saturating_add(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn frontend(tag: u8, body: &[u8]) -> String {
        let mut out = String::new();
        assert_eq!(Printer::new().frontend(&mut out, tag, body), Ok(()));
        out
    }

    #[test]
    fn bytes_left_over_are_reported() {
        let line = frontend(b'Q', b"select 1\0drop\0");
        assert_eq!(
            line,
            "F\t18\tQuery\t \"select 1\"\nmismatched message length: consumed 13, expected 18\n"
        );
    }

    #[test]
    fn a_body_that_ends_early_is_printed_as_far_as_it_goes() {
        let line = frontend(b'B', b"\0\0\0\0\0\x02\0\0\0\x01a\0\0\0\x09b");
        assert_eq!(
            line,
            "F\t20\tBind\t \"\" \"\" 0 2 1 'a' 9\nmessage ends inside a field: length 20\n"
        );
    }

    #[test]
    fn an_unknown_type_is_named_by_its_byte() {
        assert_eq!(frontend(b'y', b""), "F\t4\tUnknown message: 79\n");
    }

    #[test]
    fn the_meaning_of_p_follows_from_the_request() {
        let mut out = String::new();
        let mut printer = Printer::new();
        for (request, name) in [
            (None, "UnknownAuthenticationResponse"),
            (Some(3), "PasswordMessage"),
            (Some(7), "GSSResponse"),
            (Some(10), "SASLInitialResponse"),
            (Some(11), "SASLResponse"),
        ] {
            if let Some(code) = request {
                assert_eq!(
                    printer.backend(&mut out, b'R', &i32::to_be_bytes(code)),
                    Ok(())
                );
            }
            out.clear();
            assert_eq!(
                printer.frontend(&mut out, b'p', b"M\0\xFF\xFF\xFF\xFF"),
                Ok(())
            );
            assert_eq!(out.split('\t').nth(2).map(str::trim_end), Some(name));
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(frontend(b'Q', b"h\xE9\0"), "F\t7\tQuery\t \"h\u{FFFD}\"\n");
        assert_eq!(
            frontend(b'd', b"h\xE9'\\"),
            "F\t8\tCopyData\t 'h\\xe9'\\'\n"
        );
    }
}
