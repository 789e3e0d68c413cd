//! T-Q: simple query (PostgreSQL docs 54.2.2), and the framing errors that the whole session shares (54.1).

use crate::target::server;
use crate::wire::*;

#[test]
fn t_q01_empty_query() {
    let mut client = server().login();
    for sql in [
        "",
        "  -- c\n ; ;",
        ";",
        "/* a /* nested */ comment */",
        " \t\n",
    ] {
        client.send([query(sql)]);
        client.expect("I Z(I)");
    }
}

#[test]
fn t_q02_two_statements_with_an_empty_one_between() {
    let mut client = server().login();
    client.send([query("select 1;;select 2")]);
    client.expect("T[23] D[1] C(SELECT 1) T[23] D[2] C(SELECT 1) Z(I)");
}

#[test]
fn t_q03_an_error_undoes_the_whole_string() {
    let mut client = server().login();
    client.send([query("create temp table t(n int); insert into t values (1); select 1/0; insert into t values (2)")]);
    client.expect("C(CREATE TABLE) C(INSERT 0 1) E[22012] Z(I)");
    client.send([query("select n from t")]);
    client.expect("E[42P01] Z(I)");
}

#[test]
fn t_q04_a_syntax_error_anywhere_runs_nothing() {
    let mut client = server().login();
    client.send([query("create temp table t(n int)")]);
    client.expect("C(CREATE TABLE) Z(I)");
    client.send([query("insert into t values (1); selct")]);
    client.expect("E[42601] Z(I)");
    client.send([query("select n from t")]);
    client.expect("T C(SELECT 0) Z(I)");
}

#[test]
fn t_q05_commit_ends_an_implicit_block() {
    let mut client = server().login();
    client.send([query("select 1; commit; select 2")]);
    client.expect("T D[1] C(SELECT 1) N[WARNING 25P01] C(COMMIT) T D[2] C(SELECT 1) Z(I)");
}

#[test]
fn t_q06_begin_adopts_what_came_before() {
    let mut client = server().login();
    client.send([query(
        "create temp table t(n int); begin; insert into t values (1)",
    )]);
    client.expect("C(CREATE TABLE) C(BEGIN) C(INSERT 0 1) Z(T)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
    client.send([query("select n from t")]);
    client.expect("E[42P01] Z(I)");
}

#[test]
fn t_q07_failed_transaction() {
    let mut client = server().login();
    client.send([query("begin; select 1/0")]);
    client.expect("C(BEGIN) T* E[22012] Z(E)");
    client.send([query("select 1")]);
    client.expect("E[25P02 \"current transaction is aborted, commands ignored until end of transaction block\"] Z(E)");
    client.send([query("commit")]);
    client.expect("C(ROLLBACK) Z(I)");
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_q08_empty_query_in_a_failed_transaction() {
    let mut client = server().login();
    client.send([query("begin; select 1/0")]);
    client.expect("C(BEGIN) T* E[22012] Z(E)");
    client.send([query(";")]);
    client.expect("I Z(E)");
}

#[test]
fn t_q09_savepoint() {
    let mut client = server().login();
    client.send([query(
        "begin; create temp table t(n int); insert into t values (1)",
    )]);
    client.expect("C(BEGIN) C(CREATE TABLE) C(INSERT 0 1) Z(T)");
    client.send([query("savepoint a")]);
    client.expect("C(SAVEPOINT) Z(T)");
    client.send([query("insert into t values (2); select 1/0")]);
    client.expect("C(INSERT 0 1) T* E[22012] Z(E)");
    client.send([query("rollback to nosuch")]);
    client.expect("E[3B001] Z(E)");
    client.send([query("rollback to a; select n from t")]);
    client.expect("C(ROLLBACK) T D[1] C(SELECT 1) Z(T)");
    client.send([query("release a; release a")]);
    client.expect("C(RELEASE) E[3B001] Z(E)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
}

#[test]
fn t_q10_not_in_an_implicit_block() {
    let mut client = server().login();
    for (sql, code) in [
        ("savepoint a", "25P01"),
        ("vacuum", "25001"),
        ("discard all", "25001"),
    ] {
        client.send([query(&format!("select 1; {sql}"))]);
        client.expect(&format!("T D[1] C(SELECT 1) E[{code}] Z(I)"));
    }
}

#[test]
fn t_q11_no_columns() {
    let mut client = server().login();
    client.send([query("select from (values (1),(2)) x")]);
    client.expect("T(0 cols) D(0) D(0) C(SELECT 2) Z(I)");
}

#[test]
fn t_q13_body_that_is_not_one_string() {
    let mut client = server().login();
    for body in [&b"select 1"[..], b"select 1\0x\0", b""] {
        client.send([message(b'Q', body)]);
        client.expect("E[08P01] Z(I)");
    }
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_q14_invalid_encoding() {
    let mut client = server().login();
    client.send([message(b'Q', b"select '\xff'\0")]);
    client.expect("E[22021 \"invalid byte sequence for encoding \"UTF8\": 0xff\"] Z(I)");
}

#[test]
fn t_q15_position_counts_characters_of_the_whole_string() {
    let mut client = server().login();
    client.send([query("select '日本' as x, nosuch")]);
    let seen = client.expect("E[42703] Z(I)");
    assert_eq!(seen[0].field('P').as_deref(), Some("19"));
    // In a later statement of the string, too.
    client.send([query("select 'é'; select nosuch")]);
    let seen = client.expect("T D[é] C(SELECT 1) E[42703] Z(I)");
    assert_eq!(seen[3].field('P').as_deref(), Some("20"));
}

#[test]
fn t_q16_parameters_are_reported_once_before_ready() {
    let mut client = server().login();
    client.send([query("set application_name='x'; set application_name='y'; set timezone='UTC'; set timezone='Asia/Tokyo'; select 1")]);
    let seen = client.expect("C(SET) C(SET) C(SET) C(SET) T D[1] C(SELECT 1) S S Z(I)");
    let seen = format!("{seen:?}");
    assert!(
        seen.contains("S(application_name=y)") && seen.contains("S(TimeZone=Asia/Tokyo)"),
        "{seen}"
    );
    // A value that did not change is not told again.
    client.send([query("set application_name='z'; set application_name='y'")]);
    client.expect("C(SET) C(SET) Z(I)");
}

#[test]
fn t_q17_rollback_restores_parameters() {
    let mut client = server().login_with(&[("TimeZone", "UTC")]);
    client.send([query("begin; set timezone='Asia/Tokyo'")]);
    client.expect("C(BEGIN) C(SET) S(TimeZone=Asia/Tokyo) Z(T)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) S(TimeZone=UTC) Z(I)");
}

#[test]
fn t_q18_notices_come_at_once() {
    let mut client = server().login();
    client.send([query(
        "do $$ begin raise notice 'a'; raise warning 'b'; raise info 'c'; end $$",
    )]);
    client.expect("N[NOTICE 00000 \"a\"] N[WARNING 01000 \"b\"] N[INFO 00000 \"c\"] C(DO) Z(I)");
}

#[test]
fn t_q19_message_types_that_do_not_exist() {
    for (tag, number) in [(b'z', 122), (b'p', 112), (0, 0), (b'G', 71), (0xFF, 255)] {
        let mut client = server().login();
        // The type alone is enough: nothing behind it is read.
        client.send_bytes(&[tag]);
        client.expect(&format!(
            "E[FATAL 08P01 \"invalid frontend message type {number}\"] EOF"
        ));
    }
}

#[test]
fn t_q20_lengths_over_the_limit_close_in_silence() {
    for bytes in [
        header(b'Q', 3),
        header(b'S', 0),
        header(b'S', 10001),
        header(b'Q', 0x3FFF_FFFF),
        header(b'Q', u32::MAX),
    ] {
        let mut client = server().login();
        client.send([bytes]);
        client.expect("EOF");
    }
}

#[test]
fn t_q21_sync_and_flush_with_a_body() {
    let mut client = server().login();
    client.send([message(b'S', b"x")]);
    client.expect("E[08P01] Z(I)");
    client.send([message(b'H', b"x"), parse("", "select 1", &[]), sync()]);
    client.expect("E[08P01] Z(I)");
}

#[test]
fn t_q22_stray_copy_messages_are_ignored() {
    let mut client = server().login();
    client.send([
        copy_data(b"x"),
        copy_done(),
        copy_fail("no"),
        query("select 1"),
    ]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_q23_terminate() {
    let mut client = server().login();
    client.send([terminate()]);
    client.expect("EOF");
    let mut skipping = server().login();
    skipping.send([parse("", "selct", &[]), flush()]);
    skipping.expect("E[42601]");
    skipping.send([terminate()]);
    skipping.expect("EOF");
}

#[test]
fn t_q24_tags() {
    let mut client = server().login();
    for (sql, tags) in [
        ("create temp table g(n int)", "C(CREATE TABLE)"),
        ("insert into g values (1),(2),(3)", "C(INSERT 0 3)"),
        ("update g set n = n + 1", "C(UPDATE 3)"),
        ("delete from g where n = 2", "C(DELETE 1)"),
        (
            "merge into g using (values (9)) v(x) on false when not matched then insert values (x)",
            "C(MERGE 1)",
        ),
        ("select n from g", "T D D D C(SELECT 3)"),
        ("values (1)", "T D C(SELECT 1)"),
        ("table g", "T D D D C(SELECT 3)"),
        ("create temp table h as select n from g", "C(SELECT 3)"),
        ("select n into temp i from g", "C(SELECT 3)"),
        ("truncate g", "C(TRUNCATE TABLE)"),
        ("alter table g add m int", "C(ALTER TABLE)"),
        ("analyze g", "C(ANALYZE)"),
        ("vacuum g", "C(VACUUM)"),
        ("drop table g", "C(DROP TABLE)"),
        ("set application_name = 'tags'", "C(SET) S*"),
        ("reset application_name", "C(RESET) S*"),
        ("show server_version", "T D C(SHOW)"),
        ("explain select 1", "T D* C(EXPLAIN)"),
        ("do $$ begin end $$", "C(DO)"),
        ("listen tags", "C(LISTEN)"),
        ("unlisten tags", "C(UNLISTEN)"),
        ("notify tags", "C(NOTIFY)"),
        ("prepare one as select 1", "C(PREPARE)"),
        ("execute one", "T D[1] C(SELECT 1)"),
        ("deallocate one", "C(DEALLOCATE)"),
        ("deallocate all", "C(DEALLOCATE ALL)"),
        ("start transaction", "C(START TRANSACTION)"),
        ("savepoint a", "C(SAVEPOINT)"),
        ("rollback to a", "C(ROLLBACK)"),
        ("release a", "C(RELEASE)"),
        ("lock table h", "C(LOCK TABLE)"),
        ("commit", "C(COMMIT)"),
        ("discard all", "C(DISCARD ALL) S*"),
        ("begin", "C(BEGIN)"),
        ("end", "C(COMMIT)"),
        ("begin work", "C(BEGIN)"),
        ("abort", "C(ROLLBACK)"),
        (
            "create function pg_temp.f() returns int language sql as 'select 1'",
            "C(CREATE FUNCTION)",
        ),
    ] {
        client.send([query(sql)]);
        client.expect(tags);
        client.expect_until("Z");
    }
}

#[test]
fn t_q24_tags_of_cursors() {
    let mut client = server().login();
    for (sql, tags) in [
        ("begin", "C(BEGIN)"),
        (
            "declare c cursor for select n from generate_series(1,5) n",
            "C(DECLARE CURSOR)",
        ),
        ("fetch 2 from c", "T D D C(FETCH 2)"),
        ("move 2 from c", "C(MOVE 2)"),
        ("close c", "C(CLOSE CURSOR)"),
        ("close all", "C(CLOSE CURSOR ALL)"),
        ("commit", "C(COMMIT)"),
    ] {
        client.send([query(sql)]);
        client.expect(tags);
        client.expect_until("Z");
    }
}

#[test]
fn t_q26_commit_and_chain() {
    let mut client = server().login();
    client.send([query("commit and chain")]);
    client.expect("E[25P01] Z(I)");
    client.send([query("begin; select 1")]);
    client.expect("C(BEGIN) T D C Z(T)");
    client.send([query("commit and chain")]);
    client.expect("C(COMMIT) Z(T)");
    client.send([query("rollback and chain")]);
    client.expect("C(ROLLBACK) Z(T)");
    client.send([query("commit")]);
    client.expect("C(COMMIT) Z(I)");
    client.send([query("select 1; commit and chain")]);
    client.expect("T D C E[25P01] Z(I)");
}

#[test]
fn t_q27_a_result_before_the_error() {
    let mut client = server().login();
    client.send([query("select 1; table nosuch")]);
    client.expect("T D[1] C(SELECT 1) E[42P01] Z(I)");
}

#[test]
fn t_q28_call_with_inout() {
    let mut client = server().login();
    client.send([query(
        "create procedure pg_temp.twice(inout n int) language sql as 'select 2*n'",
    )]);
    client.expect("C(CREATE PROCEDURE) Z(I)");
    client.send([query("call pg_temp.twice(21)")]);
    client.expect("T(n) D[42] C(CALL) Z(I)");
}

#[test]
fn sq_02_begin_read_only_refuses_writes() {
    let mut client = server().login();
    client.send([query("create table if not exists cases_read_only(n int)")]);
    client.expect("N* C(CREATE TABLE) Z(I)");
    client.send([query("begin read only")]);
    client.expect("C(BEGIN) Z(T)");
    client.send([query("insert into cases_read_only values (1)")]);
    client.expect("E[25006] Z(E)");
}

#[test]
fn sq_07_a_chained_transaction_keeps_its_modes() {
    let mut client = server().login();
    client.send([query("create temp table t(n int)")]);
    client.expect("C(CREATE TABLE) Z(I)");
    client.send([
        query("begin isolation level serializable, read only"),
        query("commit and chain"),
    ]);
    client.expect("C(BEGIN) Z(T) C(COMMIT) Z(T)");
    client.send([query("create table cases_chained(n int)")]);
    client.expect("E[25006] Z(E)");
    client.send([query("rollback and chain")]);
    client.expect("C(ROLLBACK) Z(T)");
    client.send([query("create table cases_chained(n int)")]);
    client.expect("E[25006] Z(E)");
}

#[test]
fn sq_07_begin_inside_a_block_warns() {
    let mut client = server().login();
    client.send([query("begin")]);
    client.expect("C(BEGIN) Z(T)");
    client.send([query("begin")]);
    client.expect("N[WARNING 25001] C(BEGIN) Z(T)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
    client.send([query("rollback")]);
    client.expect("N[WARNING 25P01] C(ROLLBACK) Z(I)");
}

#[test]
fn t_q25_another_client_encoding() {
    let server = server();
    let mut client = server.login();
    client.send([query("set client_encoding='LATIN1'; select 'é'")]);
    if server.is_postgres() {
        // The string was parsed before the change: é is one letter, and goes out as one byte.
        client.expect("C(SET) T D[\\xe9] C(SELECT 1) S(client_encoding=LATIN1) Z(I)");
    } else {
        // No conversion is supported here. The session goes on as before.
        client.expect("E[0A000] Z(I)");
        client.send([query("select 'é'")]);
        client.expect("T D[é] C(SELECT 1) Z(I)");
    }
}

#[test]
fn t_q25_client_encodings_that_cannot_be() {
    let mut client = server().login();
    client.send([
        query("set client_encoding='MULE_INTERNAL'"),
        query("set client_encoding='KLINGON'"),
        query("set client_encoding='utf-8'"),
    ]);
    client.expect("E[0A000] Z(I) E[22023] Z(I) C(SET) Z(I)");
}

#[test]
fn t_q05_rollback_ends_an_implicit_block() {
    let mut client = server().login();
    client.send([query(
        "create temp table t(n int); rollback; create temp table u(n int); insert into u values (1)",
    )]);
    client
        .expect("C(CREATE TABLE) N[WARNING 25P01] C(ROLLBACK) C(CREATE TABLE) C(INSERT 0 1) Z(I)");
    client.send([query("select n from t"), query("select n from u")]);
    client.expect("E[42P01] Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_q09_savepoints_of_one_name() {
    let mut client = server().login();
    client.send([query(
        "begin; create temp table t(n int); savepoint a; insert into t values (1); savepoint a; \
         insert into t values (2)",
    )]);
    client.expect("C(BEGIN) C C(SAVEPOINT) C C(SAVEPOINT) C Z(T)");
    client.send([query(
        "rollback to a; select n from t; release a; rollback to savepoint a; select n from t",
    )]);
    client.expect("C(ROLLBACK) T D[1] C C(RELEASE) C(ROLLBACK) T C(SELECT 0) Z(T)");
    client.send([query("commit and chain; rollback to a")]);
    client.expect("C(COMMIT) E[3B001] Z(E)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
}

#[test]
fn sq_05_a_begin_in_the_middle_ends_with_the_string() {
    let mut client = server().login();
    client.send([query("begin; select 1; commit; begin; select 2")]);
    client.expect("C(BEGIN) T D[1] C C(COMMIT) C(BEGIN) T D[2] C Z(T)");
    client.send([query("commit; select 3; select 1/0")]);
    client.expect("C(COMMIT) T D[3] C T* E[22012] Z(I)");
}
