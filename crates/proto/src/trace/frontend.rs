//! What a client's messages are called and made of, for the trace.

use core::fmt::Write;

use super::body::{Body, Result};
use crate::frontend::{CancelRequest, GssEncRequest, SslRequest};

pub(super) fn startup<W: Write>(body: &mut Body<'_, W>) -> Result {
    let code = body.peek_code();
    let name = match code {
        None => return body.name("Unknown message"),
        Some(CancelRequest::CODE) => "CancelRequest",
        Some(SslRequest::CODE) => "SSLRequest",
        Some(GssEncRequest::CODE) => "GSSENCRequest",
        Some(_) => "StartupMessage",
    };
    body.head(name)?;
    // The two halves of a version, or of the number that stands in its place.
    body.int16()?;
    body.int16()?;
    match code {
        Some(SslRequest::CODE | GssEncRequest::CODE) => Ok(()),
        Some(CancelRequest::CODE) => {
            body.int32_of_run()?;
            body.key()
        }
        _ => body.pairs(),
    }
}

pub(super) fn message<W: Write>(body: &mut Body<'_, W>, tag: u8, request: Option<i32>) -> Result {
    match tag {
        b'B' => {
            body.head("Bind")?;
            body.string()?;
            body.string()?;
            body.int16s()?;
            body.values()?;
            body.int16s()
        }
        b'C' => target(body, "Close"),
        b'D' => target(body, "Describe"),
        b'E' => {
            body.head("Execute")?;
            body.string()?;
            body.int32().map(drop)
        }
        b'F' => {
            body.head("FunctionCall")?;
            body.int32_of_run()?;
            body.int16s()?;
            body.values()?;
            body.int16().map(drop)
        }
        b'H' => body.name("Flush"),
        b'P' => {
            body.head("Parse")?;
            body.string()?;
            body.string()?;
            for _ in 0..body.int16()? {
                body.int32_of_run()?;
            }
            Ok(())
        }
        b'Q' => {
            body.head("Query")?;
            body.string()
        }
        b'S' => body.name("Sync"),
        b'X' => body.name("Terminate"),
        b'c' => body.name("CopyDone"),
        b'd' => {
            body.head("CopyData")?;
            body.rest_of_run()
        }
        b'f' => {
            body.head("CopyFail")?;
            body.string()
        }
        b'p' => authentication_response(body, request),
        tag => body.unknown(tag),
    }
}

fn target<W: Write>(body: &mut Body<'_, W>, name: &str) -> Result {
    body.head(name)?;
    body.byte()?;
    body.string()
}

fn authentication_response<W: Write>(body: &mut Body<'_, W>, request: Option<i32>) -> Result {
    match request {
        Some(3 | 5) => {
            body.head("PasswordMessage")?;
            body.string()
        }
        Some(7..=9) => {
            body.head("GSSResponse")?;
            body.rest_of_run()
        }
        Some(10) => {
            body.head("SASLInitialResponse")?;
            body.string()?;
            body.value_of_run()
        }
        Some(11) => {
            body.head("SASLResponse")?;
            body.rest_of_run()
        }
        _ => {
            body.skip();
            body.name("UnknownAuthenticationResponse")
        }
    }
}
