//! T-F: the fast path (PostgreSQL docs 54.2.6, 54.7 FunctionCall).

use crate::target::server;
use crate::wire::*;

const INT4PL: u32 = 177;
const PG_NOTIFY: u32 = 3036;
const GENERATE_SERIES: u32 = 1067;

const ONE: Option<&[u8]> = Some(b"1");
const TWO: Option<&[u8]> = Some(b"2");

#[test]
fn t_f01_addition() {
    let mut client = server().login();
    client.send([call(INT4PL, 0, &[ONE, TWO], 0)]);
    client.expect("V(\"3\") Z(I)");
    client.send([call(
        INT4PL,
        1,
        &[Some(&[0, 0, 0, 1]), Some(&[0, 0, 0, 2])],
        1,
    )]);
    client.expect("V(00000003) Z(I)");
}

#[test]
fn t_f02_null_to_a_strict_function() {
    let mut client = server().login();
    client.send([call(INT4PL, 0, &[ONE, None], 0)]);
    client.expect("V(-1) Z(I)");
}

#[test]
fn t_f02_void() {
    let mut client = server().login();
    client.send([call(PG_NOTIFY, 0, &[Some(b"void"), Some(b"")], 0)]);
    client.expect("V(0) Z(I)");
}

#[test]
fn t_f02_errors() {
    let mut client = server().login();
    for (bytes, code) in [
        (call(999_999, 0, &[ONE], 0), "42883"),
        (call(INT4PL, 0, &[ONE], 0), "08P01"),
        (call(INT4PL, 0, &[ONE; 101], 0), "08P01"),
        (call(GENERATE_SERIES, 0, &[ONE, TWO], 0), "0A000"),
        (call(INT4PL, 7, &[ONE, TWO], 0), "22023"),
        (call(INT4PL, 0, &[ONE, TWO], 7), "22023"),
        (message(b'F', b"\0\0"), "08P01"),
        ([call(INT4PL, 0, &[ONE, TWO], 0), vec![]].concat(), ""),
    ] {
        client.send([bytes]);
        match code {
            "" => client.expect("V(\"3\") Z(I)"),
            code => client.expect(&format!("E[{code}] Z(I)")),
        };
    }
}

#[test]
fn t_f02_in_a_failed_transaction() {
    let mut client = server().login();
    client.send([query("begin; select 1/0"), call(INT4PL, 0, &[ONE, TWO], 0)]);
    client.expect("C(BEGIN) T* E[22012] Z(E) E[25P02] Z(E)");
}

#[test]
fn t_f02_inside_a_series() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[]),
        bind("", "", &[]),
        execute("", 0),
        call(INT4PL, 0, &[ONE, TWO], 0),
        sync(),
    ]);
    client.expect("1 2 D[1] C(SELECT 1) V(\"3\") Z(T) Z(I)");
}
