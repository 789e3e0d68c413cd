//! T-X, second part: row limits, suspended portals and their lifetimes (PostgreSQL docs 54.2.3).

use crate::target::server;
use crate::wire::*;

const SERIES: &str = "select n from generate_series(1,5) n";

fn bound(sql: &str) -> Vec<u8> {
    [parse("", sql, &[]), bind("", "", &[])].concat()
}

#[test]
fn t_x26_five_rows_by_two() {
    let mut client = server().login();
    client.send([
        bound(SERIES),
        execute("", 2),
        execute("", 2),
        execute("", 2),
        sync(),
    ]);
    client.expect("1 2 D[1] D[2] s D[3] D[4] s D[5] C(SELECT 1) Z(I)");
}

#[test]
fn t_x27_suspended_at_the_last_row() {
    let mut client = server().login();
    client.send([
        bound("select n from generate_series(1,2) n"),
        execute("", 2),
        execute("", 2),
        sync(),
    ]);
    client.expect("1 2 D[1] D[2] s C(SELECT 0) Z(I)");
}

#[test]
fn t_x28_a_negative_limit_is_none() {
    let mut client = server().login();
    client.send([bound(SERIES), execute("", -1), sync()]);
    client.expect("1 2 D×5 C(SELECT 5) Z(I)");
}

#[test]
fn t_x29_limits_do_not_stop_an_insert() {
    let mut client = server().login();
    client.send([
        query("create temp table t(n int)"),
        bound("insert into t select n from generate_series(1,5) n"),
        execute("", 2),
        sync(),
    ]);
    client.expect("C(CREATE TABLE) Z(I) 1 2 C(INSERT 0 5) Z(I)");
}

#[test]
fn t_x30_returning_by_two() {
    let mut client = server().login();
    client.send([query("create temp table t(n int)"), query("begin")]);
    client.expect("C(CREATE TABLE) Z(I) C(BEGIN) Z(T)");
    client.send([
        bound("insert into t select n from generate_series(1,5) n returning n"),
        execute("", 2),
        flush(),
    ]);
    client.expect("1 2 D[1] D[2] s");
    // All rows are stored at the first Execute.
    client.send([
        parse("c", "select count(*) from t", &[]),
        bind("c", "c", &[]),
        execute("c", 0),
        flush(),
    ]);
    client.expect("1 2 D[5] C(SELECT 1)");
    client.send([execute("", 2), execute("", 2), sync()]);
    client.expect("D[3] D[4] s D[5] C(INSERT 0 1) Z(T)");
}

#[test]
fn t_x31_execute_again() {
    let mut client = server().login();
    client.send([bound("select 1"), execute("", 0), execute("", 0), sync()]);
    client.expect("1 2 D[1] C(SELECT 1) C(SELECT 0) Z(I)");
    client.send([
        query("create temp table t(n int)"),
        bound("insert into t values (1)"),
        execute("", 0),
        execute("", 0),
        sync(),
    ]);
    client.expect("C(CREATE TABLE) Z(I) 1 2 C(INSERT 0 1) E[55000 \"cannot be run\"] Z(I)");
}

#[test]
fn t_x32_a_portal_dies_at_sync() {
    let mut client = server().login();
    client.send([
        bound(SERIES),
        execute("", 2),
        sync(),
        execute("", 2),
        sync(),
    ]);
    client.expect("1 2 D[1] D[2] s Z(I) E[34000] Z(I)");
}

#[test]
fn t_x33_a_portal_lives_on_in_a_transaction() {
    let mut client = server().login();
    client.send([
        query("begin"),
        bound(SERIES),
        execute("", 2),
        sync(),
        execute("", 2),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D[1] D[2] s Z(T) D[3] D[4] s Z(T)");
    client.send([
        execute("", 2),
        sync(),
        query("commit"),
        execute("", 2),
        sync(),
    ]);
    client.expect("D[5] C(SELECT 1) Z(T) C(COMMIT) Z(I) E[34000] Z(I)");
}

#[test]
fn t_x33_interleaved_portals() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse("", SERIES, &[]),
        bind("a", "", &[]),
        bind("b", "", &[]),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 2 Z(T)");
    client.send([
        execute("a", 2),
        execute("b", 3),
        execute("a", 2),
        execute("b", 3),
        execute("a", 2),
        sync(),
    ]);
    client.expect(
        "D[1] D[2] s D[1] D[2] D[3] s D[3] D[4] s D[4] D[5] C(SELECT 2) D[5] C(SELECT 1) Z(T)",
    );
    client.send([query("commit")]);
    client.expect("C(COMMIT) Z(I)");
}

#[test]
fn t_x37_a_portal_outlives_its_statement() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse("a", SERIES, &[]),
        bind("p", "a", &[]),
        execute("p", 2),
        close_statement("a"),
        execute("p", 0),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D[1] D[2] s 3 D[3] D[4] D[5] C(SELECT 3) Z(T)");
}

#[test]
fn t_x38_a_portal_keeps_the_statement_it_was_bound_to() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[]),
        bind("p1", "", &[]),
        parse("", "select 2", &[]),
        execute("p1", 0),
        sync(),
    ]);
    client.expect("1 2 1 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x51_sql_and_protocol_share_portals() {
    let mut client = server().login();
    client.send([
        query("begin"),
        query(&format!("declare c cursor for {SERIES}")),
        describe_portal("c"),
        execute("c", 2),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) T(n) D[1] D[2] s Z(T)");
    client.send([
        parse("", SERIES, &[]),
        bind("p", "", &[]),
        sync(),
        query("fetch 2 from p"),
    ]);
    client.expect("1 2 Z(T) T D[1] D[2] C(FETCH 2) Z(T)");
}

#[test]
fn t_x52_a_cursor_with_hold() {
    let mut client = server().login();
    client.send([
        query("begin"),
        query(&format!("declare c cursor with hold for {SERIES}")),
        query("commit"),
        execute("c", 2),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) C(COMMIT) Z(I) D[1] D[2] s Z(I)");
}

#[test]
fn t_q12_a_binary_cursor() {
    let mut client = server().login();
    client.send([
        query("begin"),
        query(&format!("declare c binary cursor for {SERIES}")),
        query("fetch c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) T(fmt 1) D[\\x00000001] C(FETCH 1) Z(T)");
}

#[test]
fn t_x58_describe_and_close_while_suspended() {
    let mut client = server().login();
    client.send([
        bound(SERIES),
        execute("", 2),
        describe_portal(""),
        close_portal(""),
        execute("", 2),
        sync(),
    ]);
    client.expect("1 2 D[1] D[2] s T(n) 3 E[34000] Z(I)");
}

#[test]
fn t_x58_an_error_destroys_suspended_portals() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse("", SERIES, &[]),
        bind("p", "", &[]),
        execute("p", 2),
        sync(),
        query("select 1/0"),
        query("rollback"),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 D[1] D[2] s Z(T) T* E[22012] Z(E) C(ROLLBACK) Z(I)");
    client.send([execute("p", 2), sync()]);
    client.expect("E[34000] Z(I)");
}

#[test]
fn t_x51_sql_closes_portals_of_the_protocol() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse("", SERIES, &[]),
        bind("p", "", &[]),
        bind("q", "", &[]),
        execute("p", 1),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 2 D[1] s Z(T)");
    client.send([
        query("close p"),
        query("savepoint a"),
        execute("p", 1),
        sync(),
    ]);
    client.expect("C(CLOSE CURSOR) Z(T) C(SAVEPOINT) Z(T) E[34000] Z(E)");
    client.send([query("rollback to a"), query("close nosuch")]);
    client.expect("C(ROLLBACK) Z(T) E[34000] Z(E)");
}

#[test]
fn t_x34_a_query_leaves_named_portals() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse("", SERIES, &[]),
        bind("p", "", &[]),
        execute("p", 2),
        sync(),
        query("select 7"),
        execute("p", 2),
        sync(),
        query("commit"),
    ]);
    client
        .expect("C(BEGIN) Z(T) 1 2 D[1] D[2] s Z(T) T D[7] C Z(T) D[3] D[4] s Z(T) C(COMMIT) Z(I)");
}

#[test]
fn t_x31_a_control_statement_runs_once() {
    let mut client = server().login();
    client.send([bound("begin"), execute("", 0), execute("", 0), sync()]);
    client.expect("1 2 C(BEGIN) E[55000 \"cannot be run\"] Z(E)");
}

#[test]
fn t_x30_the_portal_of_a_returning_may_be_dropped() {
    let mut client = server().login();
    client.send([query("create temp table t(n int)"), query("begin")]);
    client.expect("C(CREATE TABLE) Z(I) C(BEGIN) Z(T)");
    client.send([
        bound("insert into t select n from generate_series(1,5) n returning n"),
        execute("", 2),
        sync(),
        query("select count(*) from t"),
        query("commit"),
        query("select count(*) from t"),
    ]);
    client.expect("1 2 D[1] D[2] s Z(T) T D[5] C Z(T) C(COMMIT) Z(I) T D[5] C Z(I)");
}
