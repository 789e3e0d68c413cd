//! T-C: the sub-protocol of COPY (PostgreSQL docs 54.2.5). The formats of its data are for the cases of the client that
//! reads and writes them.

use crate::target::server;
use crate::wire::*;

fn with_table() -> Client {
    let mut client = server().login();
    client.send([query("create temp table t(n int)")]);
    client.expect("C(CREATE TABLE) Z(I)");
    client
}

fn series(sql: &str) -> Vec<u8> {
    [parse("", sql, &[]), bind("", "", &[]), execute("", 0)].concat()
}

#[track_caller]
fn expect_rows(client: &mut Client, rows: &str) {
    client.send([query("select n from t")]);
    client.expect(&format!("T {rows} C Z(I)"));
}

#[test]
fn t_c01_copy_in() {
    let mut client = with_table();
    client.send([query("copy t from stdin")]);
    client.expect("G(0; 0)");
    client.send([copy_data(b"1\n2\n"), copy_data(b"3\n"), copy_done()]);
    client.expect("C(COPY 3) Z(I)");
    expect_rows(&mut client, "D[1] D[2] D[3]");
}

#[test]
fn t_c02_boundaries_mean_nothing() {
    let mut client = with_table();
    client.send([query("copy t from stdin")]);
    client.expect("G");
    for byte in b"12\n34\n5" {
        client.send([copy_data(&[*byte]), copy_data(b"")]);
    }
    client.send([copy_done()]);
    client.expect("C(COPY 3) Z(I)");
    expect_rows(&mut client, "D[12] D[34] D[5]");
}

#[test]
fn t_c03_copy_fail() {
    let mut client = with_table();
    client.send([query("copy t from stdin")]);
    client.expect("G");
    client.send([copy_data(b"1\n"), copy_fail("nope")]);
    client.expect("E[57014 \"COPY from stdin failed: nope\"] Z(I)");
    expect_rows(&mut client, "");
}

#[test]
fn t_c04_what_follows_a_bad_row_is_ignored() {
    let mut client = with_table();
    client.send([query("copy t from stdin")]);
    client.expect("G");
    client.send([
        copy_data(b"1\nbad\n"),
        copy_data(b"2\n"),
        copy_data(b"3\n"),
        copy_done(),
        query("select 1"),
    ]);
    client.expect("E[22P02] Z(I) T D[1] C(SELECT 1) Z(I)");
    expect_rows(&mut client, "");
}

#[test]
fn t_c05_sync_and_flush_are_ignored_in_copy_in() {
    let mut client = with_table();
    client.send([query("copy t from stdin")]);
    client.expect("G");
    client.send([
        copy_data(b"1\n"),
        sync(),
        flush(),
        copy_data(b"2\n"),
        sync(),
        copy_done(),
        query("select 1"),
    ]);
    client.expect("C(COPY 2) Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_c06_the_sync_of_a_series_is_swallowed() {
    let mut client = with_table();
    client.send([
        series("copy t from stdin"),
        sync(),
        copy_data(b"1\n"),
        copy_done(),
        sync(),
        query("select 1"),
    ]);
    client.expect("1 2 G(0; 0) C(COPY 1) Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_c07_failures_in_a_series() {
    let mut client = with_table();
    client.send([
        series("copy t from stdin"),
        copy_data(b"1\n"),
        copy_fail("no"),
        series("select 1"),
        sync(),
    ]);
    client.expect("1 2 G E[57014] Z(I)");
    client.send([
        series("copy t from stdin"),
        copy_data(b"bad\n"),
        copy_data(b"2\n"),
        copy_done(),
        series("select 1"),
        sync(),
    ]);
    client.expect("1 2 G E[22P02] Z(I)");
    expect_rows(&mut client, "");
}

#[test]
fn t_c08_other_messages_break_the_protocol() {
    for (bytes, number) in [
        (query("select 1"), "0x51"),
        (parse("", "select 1", &[]), "0x50"),
        (bind("", "", &[]), "0x42"),
        (execute("", 0), "0x45"),
        (terminate(), "0x58"),
    ] {
        let mut client = with_table();
        client.send([query("copy t from stdin")]);
        client.expect("G");
        client.send([bytes]);
        client.expect(&format!(
            "E[08P01 \"unexpected message type {number} during COPY from stdin\"] \
             E[FATAL 08P01 \"terminating connection because protocol synchronization was lost\"] EOF"
        ));
    }
}

#[test]
fn t_c11_an_error_half_way_out() {
    let mut client = server().login();
    client.send([query(
        "copy (select 6/(3-n) from generate_series(1,5) n) to stdout",
    )]);
    client.expect(r#"H(0; 0) d("3\n") d("6\n") E[22012] Z(I)"#);
}

#[test]
fn t_c12_copy_out_in_a_series() {
    let mut client = server().login();
    let sql = "copy (select n from generate_series(1,2) n) to stdout";
    client.send([
        parse("", sql, &[]),
        describe_statement(""),
        bind("", "", &[]),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect(r#"1 t[] n 2 n H(0; 0) d("1\n") d("2\n") c C(COPY 2) Z(I)"#);
}

#[test]
fn t_c13_copies_among_other_statements() {
    let mut client = with_table();
    client.send([query(
        "copy t from stdin; select count(*) from t; copy t from stdin",
    )]);
    client.expect("G");
    client.send([copy_data(b"1\n"), copy_done()]);
    client.expect("C(COPY 1) T D[1] C(SELECT 1) G");
    client.send([copy_data(b"2\n3\n"), copy_done()]);
    client.expect("C(COPY 2) Z(I)");
    expect_rows(&mut client, "D[1] D[2] D[3]");
}

#[test]
fn t_c19_refused_copy() {
    let mut client = server().login();
    client.send([
        query("copy nosuch from stdin"),
        copy_data(b"1\n"),
        copy_done(),
        query("select 1"),
    ]);
    client.expect("E[42P01] Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_c22_data_before_it_was_asked_for() {
    let mut client = with_table();
    client.send([
        query("copy t from stdin"),
        copy_data(b"1\n"),
        copy_done(),
        query("select 1"),
    ]);
    client.expect("G C(COPY 1) Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_c23_cancel_while_data_is_awaited() {
    let server = server();
    let mut client = server.login();
    client.send([
        query("create temp table t(n int)"),
        query("copy t from stdin"),
    ]);
    client.expect("C(CREATE TABLE) Z(I) G");
    let mut other = server.connect();
    other.send([cancel_request(client.pid, &client.key)]);
    other.expect("EOF");
    // PostgreSQL waits for the next message; a server may also answer at once.
    if server.is_postgres() {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    client.send([copy_data(b"1\n"), copy_done(), query("select 1")]);
    client.expect("E[57014] Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_c04_a_copy_behind_a_result_that_failed() {
    let mut client = with_table();
    client.send([
        query("select 6/(2-n) from generate_series(2,3) n"),
        query("copy t from stdin"),
    ]);
    client.expect("T* E[22012] Z(I) G");
    client.send([copy_data(b"1\n"), copy_done()]);
    client.expect("C(COPY 1) Z(I)");
}
