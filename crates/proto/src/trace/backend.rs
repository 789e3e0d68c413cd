//! What a server's messages are called and made of, for the trace.

use core::fmt::Write;

use super::body::{Body, Result};

pub(super) fn message<W: Write>(body: &mut Body<'_, W>, tag: u8) -> Result {
    match tag {
        b'1' => body.name("ParseComplete"),
        b'2' => body.name("BindComplete"),
        b'3' => body.name("CloseComplete"),
        b'A' => {
            body.head("NotificationResponse")?;
            body.int32_of_run()?;
            body.string()?;
            body.string()
        }
        b'C' => {
            body.head("CommandComplete")?;
            body.string()
        }
        b'D' => {
            body.head("DataRow")?;
            body.values()
        }
        b'E' => {
            body.head("ErrorResponse")?;
            body.report()
        }
        b'G' => copy_response(body, "CopyInResponse"),
        b'H' => copy_response(body, "CopyOutResponse"),
        b'W' => copy_response(body, "CopyBothResponse"),
        b'I' => body.name("EmptyQueryResponse"),
        b'K' => {
            body.head("BackendKeyData")?;
            body.int32_of_run()?;
            body.key()
        }
        b'N' => {
            body.head("NoticeResponse")?;
            body.report()
        }
        b'R' => authentication(body),
        b'S' => {
            body.head("ParameterStatus")?;
            body.string()?;
            body.string()
        }
        b'T' => row_description(body),
        b'V' => {
            body.head("FunctionCallResponse")?;
            body.value()
        }
        b'Z' => {
            body.head("ReadyForQuery")?;
            body.byte().map(drop)
        }
        b'c' => body.name("CopyDone"),
        b'd' => {
            body.head("CopyData")?;
            body.rest_of_run()
        }
        b'n' => body.name("NoData"),
        b's' => body.name("PortalSuspended"),
        b't' => {
            body.head("ParameterDescription")?;
            for _ in 0..body.int16()? {
                body.int32_of_run()?;
            }
            Ok(())
        }
        b'v' => {
            body.head("NegotiateProtocolVersion")?;
            body.int32()?;
            for _ in 0..body.int32()? {
                body.string()?;
            }
            Ok(())
        }
        tag => body.unknown(tag),
    }
}

fn authentication<W: Write>(body: &mut Body<'_, W>) -> Result {
    match body.code()? {
        0 => body.name("AuthenticationOk"),
        3 => body.name("AuthenticationCleartextPassword"),
        5 => {
            // libpq names the message, leaves out the salt, and then finds that four bytes are missing.
            body.skip();
            body.name("AuthenticationMD5Password")
        }
        7 => body.name("AuthenticationGSS"),
        8 => {
            body.head("AuthenticationGSSContinue")?;
            body.rest_of_run()
        }
        9 => body.name("AuthenticationSSPI"),
        10 => {
            body.head("AuthenticationSASL")?;
            body.strings()
        }
        11 => {
            body.head("AuthenticationSASLContinue")?;
            body.rest_of_run()
        }
        12 => {
            body.head("AuthenticationSASLFinal")?;
            body.rest_of_run()
        }
        code => {
            body.skip();
            body.unknown_request(code)
        }
    }
}

fn copy_response<W: Write>(body: &mut Body<'_, W>, name: &str) -> Result {
    body.head(name)?;
    body.byte()?;
    body.int16s()
}

fn row_description<W: Write>(body: &mut Body<'_, W>) -> Result {
    body.head("RowDescription")?;
    for _ in 0..body.int16()? {
        body.string()?; // name
        body.int32_of_run()?; // table
        body.int16()?; // column
        body.int32_of_run()?; // type
        body.int16()?; // size
        body.int32()?; // modifier
        body.int16()?; // format
    }
    Ok(())
}
