//! The frontend's messages, byte by byte (PostgreSQL docs 54.7). Nothing here stops a test from building a wrong one.

/// Protocol version words.
pub const V2_0: u32 = 0x0002_0000;
pub const V3_0: u32 = 0x0003_0000;
pub const V3_1: u32 = 0x0003_0001;
pub const V3_2: u32 = 0x0003_0002;
pub const GREASE: u32 = 0x0003_270F;
pub const V4_0: u32 = 0x0004_0000;

const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// A typed message: tag, length, body.
pub fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![tag];
    frame.extend(untyped(body));
    frame
}

/// A header that claims `length` in its length field, and nothing behind it.
pub fn header(tag: u8, length: u32) -> Vec<u8> {
    let mut frame = vec![tag];
    frame.extend(length.to_be_bytes());
    frame
}

/// A packet of the startup phase: length and body.
pub fn untyped(body: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(body.len() + 4)
        .unwrap()
        .to_be_bytes()
        .to_vec();
    frame.extend(body);
    frame
}

/// StartupMessage with its parameters in this order.
pub fn startup(version: u32, params: &[(&str, &str)]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    for (name, value) in params {
        cstr(&mut body, name);
        cstr(&mut body, value);
    }
    body.push(0);
    untyped(&body)
}

pub fn ssl_request() -> Vec<u8> {
    untyped(&SSL.to_be_bytes())
}

pub fn gss_request() -> Vec<u8> {
    untyped(&GSS.to_be_bytes())
}

pub fn cancel_request(pid: u32, key: &[u8]) -> Vec<u8> {
    untyped(&[&CANCEL.to_be_bytes(), &pid.to_be_bytes(), key].concat())
}

pub fn password(text: &str) -> Vec<u8> {
    message(b'p', &[text.as_bytes(), b"\0"].concat())
}

/// SASLInitialResponse; `length` is what the message claims about `data`.
pub fn sasl_initial(mechanism: &str, length: i32, data: &str) -> Vec<u8> {
    let mut body = Vec::new();
    cstr(&mut body, mechanism);
    body.extend(length.to_be_bytes());
    body.extend(data.as_bytes());
    message(b'p', &body)
}

/// SASLInitialResponse that tells the truth about its length.
pub fn sasl_first(mechanism: &str, data: &str) -> Vec<u8> {
    sasl_initial(mechanism, i32::try_from(data.len()).unwrap(), data)
}

pub fn sasl_response(data: &str) -> Vec<u8> {
    message(b'p', data.as_bytes())
}

pub fn query(sql: &str) -> Vec<u8> {
    message(b'Q', &[sql.as_bytes(), b"\0"].concat())
}

pub fn parse(statement: &str, sql: &str, types: &[u32]) -> Vec<u8> {
    let mut body = Vec::new();
    cstr(&mut body, statement);
    cstr(&mut body, sql);
    count(&mut body, types.len());
    for oid in types {
        body.extend(oid.to_be_bytes());
    }
    message(b'P', &body)
}

/// Bind with parameters and results in text.
pub fn bind(portal: &str, statement: &str, values: &[Option<&str>]) -> Vec<u8> {
    let values: Vec<_> = values.iter().map(|v| v.map(str::as_bytes)).collect();
    bind_as(portal, statement, &[], &values, &[])
}

pub fn bind_as(
    portal: &str,
    statement: &str,
    formats: &[i16],
    values: &[Option<&[u8]>],
    results: &[i16],
) -> Vec<u8> {
    let mut body = bind_head(portal, statement, formats);
    count(&mut body, values.len());
    for value in values {
        match value {
            Some(bytes) => {
                body.extend(i32::try_from(bytes.len()).unwrap().to_be_bytes());
                body.extend(*bytes);
            }
            None => body.extend((-1i32).to_be_bytes()),
        }
    }
    count(&mut body, results.len());
    for format in results {
        body.extend(format.to_be_bytes());
    }
    message(b'B', &body)
}

/// The body of a Bind up to its parameter formats: what follows is the test's own.
pub fn bind_head(portal: &str, statement: &str, formats: &[i16]) -> Vec<u8> {
    let mut body = Vec::new();
    cstr(&mut body, portal);
    cstr(&mut body, statement);
    count(&mut body, formats.len());
    for format in formats {
        body.extend(format.to_be_bytes());
    }
    body
}

pub fn describe_statement(name: &str) -> Vec<u8> {
    target(b'D', b'S', name)
}

pub fn describe_portal(name: &str) -> Vec<u8> {
    target(b'D', b'P', name)
}

pub fn close_statement(name: &str) -> Vec<u8> {
    target(b'C', b'S', name)
}

pub fn close_portal(name: &str) -> Vec<u8> {
    target(b'C', b'P', name)
}

/// Describe or Close with any kind byte.
pub fn target(tag: u8, kind: u8, name: &str) -> Vec<u8> {
    message(tag, &[&[kind], name.as_bytes(), b"\0"].concat())
}

pub fn execute(portal: &str, max_rows: i32) -> Vec<u8> {
    let mut body = Vec::new();
    cstr(&mut body, portal);
    body.extend(max_rows.to_be_bytes());
    message(b'E', &body)
}

pub fn sync() -> Vec<u8> {
    message(b'S', b"")
}

pub fn flush() -> Vec<u8> {
    message(b'H', b"")
}

pub fn terminate() -> Vec<u8> {
    message(b'X', b"")
}

pub fn copy_data(bytes: &[u8]) -> Vec<u8> {
    message(b'd', bytes)
}

pub fn copy_done() -> Vec<u8> {
    message(b'c', b"")
}

pub fn copy_fail(reason: &str) -> Vec<u8> {
    message(b'f', &[reason.as_bytes(), b"\0"].concat())
}

/// FunctionCall with one format for all arguments.
pub fn call(function: u32, format: i16, arguments: &[Option<&[u8]>], result: i16) -> Vec<u8> {
    let mut body = function.to_be_bytes().to_vec();
    body.extend(1i16.to_be_bytes());
    body.extend(format.to_be_bytes());
    count(&mut body, arguments.len());
    for argument in arguments {
        match argument {
            Some(bytes) => {
                body.extend(i32::try_from(bytes.len()).unwrap().to_be_bytes());
                body.extend(*bytes);
            }
            None => body.extend((-1i32).to_be_bytes()),
        }
    }
    body.extend(result.to_be_bytes());
    message(b'F', &body)
}

fn cstr(body: &mut Vec<u8>, text: &str) {
    body.extend(text.as_bytes());
    body.push(0);
}

/// An Int16 count, which the protocol reads as unsigned.
fn count(body: &mut Vec<u8>, n: usize) {
    body.extend(u16::try_from(n).unwrap().to_be_bytes());
}
