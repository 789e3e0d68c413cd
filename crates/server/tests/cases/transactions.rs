//! T-X, third part: implicit transactions, Sync and skipping (PostgreSQL docs 54.2.3, 54.2.4).

use std::io::Write as _;
use std::thread;

use crate::target::server;
use crate::wire::*;

fn bound(sql: &str) -> Vec<u8> {
    [parse("", sql, &[]), bind("", "", &[])].concat()
}

fn run(sql: &str) -> Vec<u8> {
    [bound(sql), execute("", 0)].concat()
}

fn with_table(columns: &str) -> Client {
    let mut client = server().login();
    client.send([query(&format!("create temp table t({columns})"))]);
    client.expect("C(CREATE TABLE) Z(I)");
    client
}

#[test]
fn t_x39_a_series_is_one_transaction() {
    let mut client = with_table("n int");
    client.send([run("insert into t values (1)"), run("select 1/0"), sync()]);
    client.expect("1 2 C(INSERT 0 1) 1 2* E[22012] Z(I)");
    client.send([query("select n from t")]);
    client.expect("T C(SELECT 0) Z(I)");
    client.send([
        run("insert into t values (1)"),
        run("insert into t values (2)"),
        sync(),
        query("select n from t"),
    ]);
    client.expect("1 2 C(INSERT 0 1) 1 2 C(INSERT 0 1) Z(I) T D[1] D[2] C(SELECT 2) Z(I)");
}

#[test]
fn t_x40_an_error_raised_by_sync_itself() {
    let mut client = with_table("n int unique deferrable initially deferred");
    client.send([
        run("insert into t values (1),(1)"),
        sync(),
        run("select 2"),
        sync(),
    ]);
    client.expect("1 2 C(INSERT 0 2) E[23505] Z(I) 1 2 D[2] C(SELECT 1) Z(I)");
    client.send([query("select n from t")]);
    client.expect("T C(SELECT 0) Z(I)");
}

#[test]
fn t_x40_an_error_raised_by_sync_after_two_statements() {
    let mut client = with_table("n int unique deferrable initially deferred");
    client.send([
        run("insert into t values (1)"),
        run("insert into t values (1)"),
        sync(),
        run("select 2"),
        sync(),
    ]);
    client.expect("1 2 C(INSERT 0 1) 1 2 C(INSERT 0 1) E[23505] Z(I) 1 2 D[2] C(SELECT 1) Z(I)");
}

#[test]
fn t_x40_an_error_raised_by_commit() {
    let mut client = with_table("n int unique deferrable initially deferred");
    client.send([
        query("begin; insert into t values (1),(1)"),
        query("commit"),
    ]);
    client.expect("C(BEGIN) C(INSERT 0 2) Z(T) E[23505] Z(I)");
    // A simple query commits before it tells of its last statement.
    client.send([query("insert into t values (1); insert into t values (1)")]);
    client.expect("C(INSERT 0 1) E[23505] Z(I)");
    client.send([query("insert into t values (1),(1)")]);
    client.expect("E[23505] Z(I)");
    client.send([query("select n from t")]);
    client.expect("T C(SELECT 0) Z(I)");
}

#[test]
fn t_x41_begin_to_commit_in_one_series() {
    let mut client = with_table("n int");
    client.send([
        run("begin"),
        run("insert into t values (1)"),
        run("commit"),
        flush(),
        sync(),
        query("select n from t"),
    ]);
    client.expect("1 2 C(BEGIN) 1 2 C(INSERT 0 1) 1 2 C(COMMIT) Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x42_begin_then_an_error() {
    let mut client = server().login();
    client.send([run("begin"), run("selct"), sync()]);
    client.expect("1 2 C(BEGIN) E[42601] Z(E)");
}

#[test]
fn t_x43_vacuum_in_a_series() {
    let mut client = server().login();
    client.send([run("vacuum"), sync()]);
    client.expect("1 2 C(VACUUM) Z(I)");
    client.send([run("select 1"), run("vacuum"), sync()]);
    client.expect("1 2 D[1] C(SELECT 1) 1 2 E[25001] Z(I)");
    client.send([query("begin; vacuum")]);
    client.expect("C(BEGIN) E[25001] Z(E)");
}

#[test]
fn t_x44_in_a_failed_transaction() {
    let mut client = server().login();
    let fail = query("begin; select 1/0");
    client.send([parse("p", "select 1", &[]), sync(), fail.clone()]);
    client.expect("1 Z(I) C(BEGIN) T* E[22012] Z(E)");
    client.send([parse("", "select 1", &[]), sync()]);
    client.expect("E[25P02] Z(E)");
    client.send([bind("", "p", &[]), sync()]);
    client.expect("E[25P02] Z(E)");
    client.send([describe_statement("p"), sync()]);
    client.expect("E[25P02] Z(E)");
    client.send([
        parse("", "", &[]),
        describe_statement(""),
        bind("", "", &[]),
        sync(),
    ]);
    client.expect("1 t[] n E[25P02] Z(E)");
    client.send([close_statement("p"), sync()]);
    client.expect("3 Z(E)");
    client.send([run("rollback"), sync()]);
    client.expect("1 2 C(ROLLBACK) Z(I)");
    client.send([fail, run("commit"), sync()]);
    client.expect("C(BEGIN) T* E[22012] Z(E) 1 2 C(ROLLBACK) Z(I)");
}

#[test]
fn t_x45_a_query_inside_a_series() {
    let mut client = server().login();
    client.send([run("select 1"), query("select 2"), sync()]);
    client.expect("1 2 D[1] C(SELECT 1) T D[2] C(SELECT 1) Z(T) Z(I)");
}

#[test]
fn t_x46_an_erring_query_inside_a_series() {
    let mut client = with_table("n int");
    client.send([
        run("insert into t values (1)"),
        query("select 1/0"),
        run("select 2"),
        sync(),
    ]);
    client.expect("1 2 C(INSERT 0 1) T* E[22012] Z(I) 1 2 D[2] C(SELECT 1) Z(I)");
    client.send([query("select n from t")]);
    client.expect("T C(SELECT 0) Z(I)");
}

#[test]
fn t_x56_set_in_a_series() {
    let mut client = server().login();
    client.send([run("set application_name='a'"), run("select 1"), sync()]);
    client.expect("1 2 C(SET) 1 2 D[1] C(SELECT 1) S(application_name=a) Z(I)");
}

#[test]
fn t_x57_commit_outside_a_transaction() {
    let mut client = server().login();
    client.send([query("commit")]);
    client.expect("N[WARNING 25P01 \"there is no transaction in progress\"] C(COMMIT) Z(I)");
    client.send([run("commit"), sync()]);
    client.expect("1 2 N[WARNING 25P01] C(COMMIT) Z(I)");
}

#[test]
fn t_x60_a_hundred_thousand_series() {
    const SERIES: usize = 100_000;
    let mut client = server().login();
    client.send([parse("a", "select 1", &[]), sync()]);
    client.expect("1 Z(I)");
    let mut socket = client.socket().try_clone().unwrap();
    let writer = thread::spawn(move || {
        let hundred = [bind("", "a", &[]), execute("", 0), sync()]
            .concat()
            .repeat(100);
        for _ in 0..SERIES / 100 {
            socket.write_all(&hundred).unwrap();
        }
    });
    for _ in 0..SERIES {
        client.expect("2 D[1] C(SELECT 1) Z(I)");
    }
    writer.join().unwrap();
    client.send([query("select 2")]);
    client.expect("T D[2] C(SELECT 1) Z(I)");
}

#[test]
fn eq_30_everything_but_terminate_is_skipped() {
    let mut client = server().login();
    client.send([
        parse("", "selct", &[]),
        query("select 1"),
        call(177, 0, &[Some(b"1"), Some(b"2")], 0),
        close_statement("x"),
        flush(),
        copy_data(b"x"),
        copy_done(),
        message(b'P', b"broken"),
        message(b'H', b"with a body"),
        sync(),
        query("select 2"),
    ]);
    client.expect("E[42601] Z(I) T D[2] C(SELECT 1) Z(I)");
    // An unknown type is fatal even then.
    client.send([parse("", "selct", &[]), b"z".to_vec()]);
    client.expect("E[42601] E[FATAL 08P01] EOF");
}

#[test]
fn eq_35_savepoints_in_the_extended_protocol() {
    let mut client = with_table("n int");
    client.send([
        run("begin"),
        run("savepoint a"),
        run("insert into t values (1)"),
        run("select 1/0"),
        sync(),
    ]);
    client.expect("1 2 C(BEGIN) 1 2 C(SAVEPOINT) 1 2 C(INSERT 0 1) 1 2* E[22012] Z(E)");
    client.send([
        parse("", "rollback to a", &[]),
        describe_statement(""),
        bind("", "", &[]),
        describe_portal(""),
        execute("", 0),
        run("release a"),
        run("insert into t values (2)"),
        run("commit"),
        sync(),
    ]);
    client.expect("1 t[] n 2 n C(ROLLBACK) 1 2 C(RELEASE) 1 2 C(INSERT 0 1) 1 2 C(COMMIT) Z(I)");
    client.send([query("select n from t")]);
    client.expect("T D[2] C(SELECT 1) Z(I)");
}

#[test]
fn eq_33_statements_after_a_commit_in_a_series() {
    let mut client = with_table("n int");
    client.send([
        run("begin"),
        run("insert into t values (1)"),
        run("commit"),
        run("insert into t values (2)"),
        run("select 1/0"),
        sync(),
    ]);
    client.expect("1 2 C(BEGIN) 1 2 C 1 2 C(COMMIT) 1 2 C 1 2* E[22012] Z(I)");
    client.send([query("select n from t")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn eq_34_a_begin_in_a_series_adopts_what_came_before() {
    let mut client = with_table("n int");
    client.send([run("insert into t values (1)"), run("begin"), sync()]);
    client.expect("1 2 C(INSERT 0 1) 1 2 C(BEGIN) Z(T)");
    client.send([query("rollback"), query("select n from t")]);
    client.expect("C(ROLLBACK) Z(I) T C(SELECT 0) Z(I)");
}

#[test]
fn t_x50_discard_all_forgets_statements() {
    let mut client = server().login();
    client.send([
        parse("a", "select 1", &[]),
        sync(),
        query("discard all"),
        bind("", "a", &[]),
        sync(),
    ]);
    client.expect("1 Z(I) C(DISCARD ALL) S* Z(I) E[26000] Z(I)");
    client.send([run("discard all"), sync(), query("begin; discard all")]);
    client.expect("1 2 C(DISCARD ALL) S* Z(I) C(BEGIN) E[25001] Z(E)");
}

#[test]
fn t_x45_only_what_was_executed_opens_the_transaction_of_a_series() {
    let mut client = with_table("n int");
    // Parse and Bind do not; and what a Query ends takes their portals with it.
    client.send([
        parse("", "select n from t", &[]),
        bind("p", "", &[]),
        query("select 2"),
        execute("p", 0),
        sync(),
    ]);
    client.expect("1 2 T D[2] C(SELECT 1) Z(I) E[34000] Z(I)");
    // Control statements do not.
    client.send([run("begin"), run("commit"), query("select 2"), sync()]);
    client.expect("1 2 C(BEGIN) 1 2 C(COMMIT) T D[2] C(SELECT 1) Z(I) Z(I)");
    // A Query of several statements ends it.
    client.send([
        run("insert into t values (1)"),
        query("select 2; select 3"),
        run("select 1/0"),
        sync(),
        query("select n from t"),
    ]);
    client.expect("1 2 C(INSERT 0 1) T D[2] C T D[3] C Z(I) 1 2* E[22012] Z(I) T D[1] C Z(I)");
}

#[test]
fn eq_35_a_syntax_error_comes_before_the_failed_transaction() {
    let mut client = server().login();
    client.send([query("begin; select 1/0"), query("selct")]);
    client.expect("C(BEGIN) T* E[22012] Z(E) E[42601] Z(E)");
    client.send([parse("", "selct", &[]), sync()]);
    client.expect("E[42601] Z(E)");
}

#[test]
fn eq_35_portals_made_before_the_failure_are_no_way_out() {
    let server = server();
    for way_out in ["commit and chain", "commit", "rollback", "rollback to a"] {
        let mut client = server.login();
        client.send([
            query("begin"),
            query("savepoint a"),
            parse("out", way_out, &[]),
            bind("early", "out", &[]),
            sync(),
        ]);
        client.expect("C(BEGIN) Z(T) C(SAVEPOINT) Z(T) 1 2 Z(T)");
        client.send([query("select 1/0"), execute("early", 0), sync()]);
        client.expect("T* E[22012] Z(E) E[25P02] Z(E)");
        // One that is made afterwards is.
        client.send([bind("late", "out", &[]), execute("late", 0), sync()]);
        client.expect("2 C");
    }
}

#[test]
fn eq_35_portals_made_before_a_savepoint_outlive_the_failure() {
    let server = server();
    for (way_out, answer) in [
        ("commit and chain", "C(ROLLBACK) Z(T)"),
        ("rollback", "C(ROLLBACK) Z(I)"),
    ] {
        let mut client = server.login();
        client.send([
            query("begin"),
            parse("out", way_out, &[]),
            bind("early", "out", &[]),
            sync(),
            query("savepoint a"),
        ]);
        client.expect("C(BEGIN) Z(T) 1 2 Z(T) C(SAVEPOINT) Z(T)");
        client.send([query("select 1/0"), execute("early", 0), sync()]);
        client.expect("T* E[22012] Z(E)");
        client.expect(answer);
    }
}
