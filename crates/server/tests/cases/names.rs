//! SQL's names for statements and portals (rule EQ-40): PREPARE, EXECUTE, DEALLOCATE, DECLARE, FETCH, MOVE and CLOSE.

use crate::target::server;
use crate::wire::*;

const SERIES: &str = "select n from generate_series(1,5) n";

fn declared(options: &str) -> Client {
    let mut client = server().login();
    client.send([
        query("begin"),
        query(&format!("declare c {options} for {SERIES}")),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T)");
    client
}

#[test]
fn eq_40_prepare_and_execute() {
    let mut client = server().login();
    client.send([
        query("prepare p (int, text) as select $1 + 1 as n, $2 as t"),
        query("execute p (41, 'it')"),
        query("execute p (-1, null)"),
        query("EXECUTE p ('7'::int, $$x$$)"),
    ]);
    client.expect("C(PREPARE) Z(I) T(n,t) D[42,it] C(SELECT 1) Z(I)");
    client.expect("T D[0,NULL] C(SELECT 1) Z(I) T D[8,x] C(SELECT 1) Z(I)");
    client.send([query("prepare p as select 1"), query("execute p (1)")]);
    client.expect("E[42P05 \"already exists\"] Z(I)");
    let seen =
        &client.expect("E[42601 \"wrong number of parameters for prepared statement\"] Z(I)")[0];
    assert_eq!(
        seen.field('D').as_deref(),
        Some("Expected 2 parameters but got 1.")
    );
    client.send([
        query("execute p ('a', 'b')"),
        query("execute p ($1, 'b')"),
        query("execute nothing"),
        query("deallocate p"),
        query("execute p (1, 'b')"),
    ]);
    client.expect("E[22P02 \"invalid input syntax for type integer\"] Z(I)");
    client.expect("E[42P02 \"there is no parameter $1\"] Z(I) E[26000] Z(I)");
    client.expect("C(DEALLOCATE) Z(I) E[26000 \"does not exist\"] Z(I)");
}

#[test]
fn eq_40_what_cannot_be_prepared() {
    let mut client = server().login();
    client.send([
        query("prepare p as begin"),
        query("prepare p as vacuum"),
        query("prepare p (nonsense) as select $1"),
        query("/* é */ prepare p as select m from generate_series(1,2) n"),
    ]);
    let seen = client.expect("E[42601 \"begin\"] Z(I) E[42601 \"vacuum\"] Z(I)");
    assert_eq!(seen[0].field('P').as_deref(), Some("14"));
    client.expect("E[42704 \"does not exist\"] Z(I)");
    let seen = &client.expect("E[42703] Z(I)")[0];
    assert_eq!(seen.field('P').as_deref(), Some("29"));
    client.send([query("prepare p as insert into t values (1); selct")]);
    client.expect("E[42601 \"selct\"] Z(I)");
    client.send([query("prepare p as selct; select 1")]);
    client.expect("E[42601 \"selct\"] Z(I)");
}

#[test]
fn eq_40_an_execute_commits_like_its_statement() {
    let mut client = server().login();
    client.send([
        query("create temp table t(n int unique)"),
        query("prepare add (int) as insert into t values ($1)"),
        query("execute add (1)"),
        // All or nothing.
        query("execute add (2); execute add (1)"),
        query("begin; execute add (3); rollback"),
        query("select n from t"),
    ]);
    client.expect("C(CREATE TABLE) Z(I) C(PREPARE) Z(I) C(INSERT 0 1) Z(I)");
    client.expect("C(INSERT 0 1) E[23505] Z(I) C(BEGIN) C(INSERT 0 1) C(ROLLBACK) Z(I)");
    client.expect("T D[1] C(SELECT 1) Z(I)");
    client.send([query("begin; select 1/0"), query("execute add (4)")]);
    client.expect("C(BEGIN) T* E[22012] Z(E) E[25P02] Z(E)");
    // Prepared statements outlive a rollback.
    client.send([query("rollback"), query("execute add (5)")]);
    client.expect("C(ROLLBACK) Z(I) C(INSERT 0 1) Z(I)");
}

#[test]
fn eq_40_execute_in_the_extended_protocol() {
    let mut client = server().login();
    client.send([query(
        "prepare p (int) as select n + $1 as m from generate_series(1,3) n",
    )]);
    client.expect("C(PREPARE) Z(I)");
    client.send([
        parse("e", "execute p (10)", &[]),
        describe_statement("e"),
        bind_as("", "e", &[], &[], &[1]),
        describe_portal(""),
        execute("", 2),
        execute("", 2),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 t[] T(m) 2 T(fmt 1) D[\\x0000000b] D[\\x0000000c] s D[\\x0000000d] C(SELECT 1) C(SELECT 0) Z(I)");
    // The columns are those of the statement that has the name when the portal is made.
    client.send([
        query("deallocate p"),
        query("prepare p (int) as select $1 as x, 'y' as y"),
        bind("", "e", &[]),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect("C(DEALLOCATE) Z(I) C(PREPARE) Z(I) 2 T(x,y) D[10,y] C(SELECT 1) Z(I)");
    client.send([
        query("deallocate p"),
        bind("", "e", &[]),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect("C(DEALLOCATE) Z(I) 2 n E[26000] Z(I)");
}

#[test]
fn eq_40_a_series_of_executes_is_one_transaction() {
    let mut client = server().login();
    client.send([
        query("create temp table t(n int unique)"),
        query("prepare add (int) as insert into t values ($1)"),
        parse("", "execute add (1)", &[]),
        bind("", "", &[]),
        execute("", 0),
        parse("", "execute add (1)", &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
        query("select n from t"),
    ]);
    client.expect("C(CREATE TABLE) Z(I) C(PREPARE) Z(I) 1 2 C(INSERT 0 1) 1 2 E[23505] Z(I)");
    client.expect("T C(SELECT 0) Z(I)");
}

#[test]
fn eq_40_fetch_goes_forward() {
    let mut client = declared("no scroll cursor");
    client.send([
        query("fetch c"),
        query("fetch forward 2 from c"),
        query("move c"),
        query("fetch all in c"),
        query("fetch next from c"),
    ]);
    client.expect("T(n) D[1] C(FETCH 1) Z(T) T D[2] D[3] C(FETCH 2) Z(T) C(MOVE 1) Z(T)");
    client.expect("T D[5] C(FETCH 1) Z(T) T C(FETCH 0) Z(T)");
    client.send([query("move all c"), query("commit"), query("fetch c")]);
    client.expect("C(MOVE 0) Z(T) C(COMMIT) Z(I) E[34000 \"does not exist\"] Z(I)");
}

#[test]
fn eq_40_fetch_by_number() {
    let mut client = declared("no scroll cursor");
    client.send([
        query("fetch absolute 0 c"),
        query("fetch first c"),
        query("fetch relative 2 c"),
        query("move absolute 4 c"),
        query("move 0 c"),
        query("fetch relative 2 c"),
        query("fetch 0 c"),
    ]);
    client.expect("T C(FETCH 0) Z(T) T D[1] C(FETCH 1) Z(T) T D[3] C(FETCH 1) Z(T)");
    client.expect("C(MOVE 1) Z(T) C(MOVE 1) Z(T) T C(FETCH 0) Z(T) T C(FETCH 0) Z(T)");
}

#[test]
fn eq_40_fetch_never_goes_back() {
    for back in [
        "fetch prior c",
        "fetch backward 1 c",
        "fetch -1 c",
        "fetch first c",
        "fetch absolute 1 c",
        "fetch relative -1 c",
        "fetch 0 c",
        "move backward all c",
    ] {
        let mut client = declared("no scroll cursor");
        client.send([query("fetch 2 c"), query(back)]);
        client.expect("T D D C(FETCH 2) Z(T)");
        client.expect("T* E[55000 \"cursor can only scan forward\"] Z(E)");
    }
}

#[test]
fn eq_40_declare_needs_a_transaction() {
    let mut client = server().login();
    client.send([query(&format!("declare c cursor for {SERIES}"))]);
    client.expect("E[25P01 \"DECLARE CURSOR can only be used in transaction blocks\"] Z(I)");
    // Several statements of a Query have one.
    client.send([
        query(&format!(
            "declare c cursor for {SERIES}; fetch 2 c; close c"
        )),
        query(&format!("declare c cursor for {SERIES}; fetch 1 c")),
        query("close c"),
    ]);
    client.expect("C(DECLARE CURSOR) T D[1] D[2] C(FETCH 2) C(CLOSE CURSOR) Z(I)");
    client.expect("C(DECLARE CURSOR) T D[1] C(FETCH 1) Z(I) E[34000 \"does not exist\"] Z(I)");
    client.send([
        query("begin"),
        query("declare c cursor for select 1"),
        query("declare c cursor for select 2"),
        query("rollback"),
    ]);
    client.expect(
        "C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) E[42P03 \"already exists\"] Z(E) C(ROLLBACK) Z(I)",
    );
    client.send([
        query("begin"),
        query("declare c cursor for begin"),
        query("rollback"),
        query("begin"),
        query("declare c cursor for select m from generate_series(1,2) n"),
    ]);
    client.expect("C(BEGIN) Z(T) E[42601] Z(E) C(ROLLBACK) Z(I) C(BEGIN) Z(T)");
    let seen = &client.expect("E[42703] Z(E)")[0];
    assert_eq!(seen.field('P').as_deref(), Some("29"));
}

#[test]
fn eq_40_declare_with_parameters() {
    let mut client = server().login();
    client.send([
        query("begin"),
        parse(
            "d",
            "declare c cursor for select n + $1 as m from generate_series(1,2) n",
            &[23],
        ),
        describe_statement("d"),
        bind("", "d", &[Some("40")]),
        execute("", 0),
        sync(),
        query("fetch all c"),
    ]);
    client.expect("C(BEGIN) Z(T) 1 t[23] n 2 C(DECLARE CURSOR) Z(T)");
    client.expect("T(m) D[41] D[42] C(FETCH 2) Z(T)");
    client.send([query("declare e cursor for select $1 + 1")]);
    client.expect("E[42P02 \"there is no parameter $1\"] Z(E)");
}

#[test]
fn eq_40_fetch_in_the_extended_protocol() {
    let mut client = declared("cursor");
    client.send([
        parse("f", "fetch 3 from c", &[]),
        describe_statement("f"),
        bind_as("", "f", &[], &[], &[1]),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect(
        "1 t[] T(n) 2 T(fmt 1) D[\\x00000001] D[\\x00000002] D[\\x00000003] C(FETCH 3) Z(T)",
    );
    client.send([
        bind("", "f", &[]),
        execute("", 0),
        execute("", 0),
        sync(),
        query("fetch c"),
        query("close c"),
        bind("", "f", &[]),
        execute("", 0),
        sync(),
    ]);
    client.expect("2 D[4] D[5] C(FETCH 2) C(FETCH 0) Z(T) T C(FETCH 0) Z(T)");
    client.expect("C(CLOSE CURSOR) Z(T) 2 E[34000] Z(E)");
}

#[test]
fn eq_40_fetch_with_a_row_limit() {
    let mut client = declared("cursor");
    client.send([
        parse("f", "fetch 4 from c", &[]),
        bind("f", "f", &[]),
        execute("f", 3),
        execute("f", 3),
        execute("f", 3),
        sync(),
        query("fetch all c"),
    ]);
    client.expect("1 2 D[1] D[2] D[3] s D[4] C(FETCH 1) C(FETCH 0) Z(T)");
    client.expect("T D[5] C(FETCH 1) Z(T)");
    client.send([
        parse("m", "move all c", &[]),
        describe_statement("m"),
        bind("", "m", &[]),
        execute("", 1),
        sync(),
    ]);
    client.expect("1 t[] n 2 C(MOVE 0) Z(T)");
}

#[test]
fn eq_40_execute_and_fetch_go_on_where_the_other_stopped() {
    let mut client = declared("cursor");
    client.send([
        query("fetch 1 c"),
        execute("c", 1),
        sync(),
        query("move 1 c"),
        execute("c", 0),
        sync(),
    ]);
    client.expect("T D[1] C(FETCH 1) Z(T) D[2] s Z(T) C(MOVE 1) Z(T) D[4] D[5] C(SELECT 2) Z(T)");
    // A portal of EXECUTE is a cursor, too; and one that returns no rows is none.
    client.send([
        query(&format!("prepare p as {SERIES}")),
        parse("e", "execute p", &[]),
        bind("q", "e", &[]),
        sync(),
        query("move 2 from q"),
        execute("q", 1),
        sync(),
    ]);
    client.expect("C(PREPARE) Z(T) 1 2 Z(T) C(MOVE 2) Z(T) D[3] s Z(T)");
    client.send([close_portal("c"), sync(), query("fetch c")]);
    client.expect("3 Z(T) E[34000] Z(E)");
}

#[test]
fn t_q12_binary_is_for_queries() {
    let mut client = declared("binary cursor");
    client.send([
        query("fetch 1 c"),
        describe_portal("c"),
        execute("c", 1),
        parse("", "fetch 1 c", &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
    ]);
    client
        .expect("T(fmt 1) D[\\x00000001] C(FETCH 1) Z(T) T(fmt 0) D[2] s 1 2 D[3] C(FETCH 1) Z(T)");
}

#[test]
fn t_x52_held_rows_come_in_any_format() {
    let mut client = server().login();
    client.send([
        query("begin"),
        query("declare c cursor with hold for select n, 'x' as t from generate_series(1,6) n"),
        query("fetch 1 c"),
        query("commit"),
        query("fetch 1 c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) T D[1,x] C(FETCH 1) Z(T) C(COMMIT) Z(I) T(n,t) D[2,x] C(FETCH 1) Z(I)");
    client.send([
        parse("f", "fetch 1 c", &[]),
        bind_as("", "f", &[], &[], &[1]),
        execute("", 0),
        sync(),
        bind_as("", "f", &[], &[], &[1, 0]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[\\x00000003,\\x78] C(FETCH 1) Z(I) 2 D[\\x00000004,x] C(FETCH 1) Z(I)");
    client.send([
        query("begin; select 1/0"),
        query("rollback"),
        query("move 1 c"),
        query("fetch all c"),
        query("close c"),
        query("fetch c"),
    ]);
    client.expect("C(BEGIN) T* E[22012] Z(E) C(ROLLBACK) Z(I) C(MOVE 1) Z(I)");
    client.expect("T D[6,x] C(FETCH 1) Z(I) C(CLOSE CURSOR) Z(I) E[34000] Z(I)");
}

#[test]
fn t_x52_a_held_cursor_needs_no_block() {
    let mut client = server().login();
    client.send([
        query(&format!("declare c cursor with hold for {SERIES}")),
        query("fetch 2 c"),
        query("close all"),
        query("fetch 2 c"),
    ]);
    client.expect(
        "C(DECLARE CURSOR) Z(I) T D[1] D[2] C(FETCH 2) Z(I) C(CLOSE CURSOR ALL) Z(I) E[34000] Z(I)",
    );
    // What fails at the commit is not committed, and not held.
    client.send([
        query("begin"),
        query("create temp table t(n int)"),
        query("declare c cursor with hold for select 6/(3-n) from generate_series(1,5) n"),
        query("commit"),
        query("fetch c"),
        query("select n from t"),
    ]);
    client.expect("C(BEGIN) Z(T) C(CREATE TABLE) Z(T) C(DECLARE CURSOR) Z(T) E[22012] Z(I)");
    client.expect("E[34000] Z(I) E[42P01] Z(I)");
    client.send([
        query("begin"),
        query(&format!("declare c cursor with hold for {SERIES}")),
        query("rollback"),
        query("fetch c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) C(ROLLBACK) Z(I) E[34000] Z(I)");
}

#[test]
fn t_x52_a_held_cursor_of_a_series() {
    let mut client = server().login();
    client.send([
        parse("", &format!("declare c cursor with hold for {SERIES}"), &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
        execute("c", 2),
        sync(),
        execute("c", 0),
        sync(),
        query("discard all"),
    ]);
    client.expect("1 2 C(DECLARE CURSOR) Z(I) D[1] D[2] s Z(I) D[3] D[4] D[5] C(SELECT 3) Z(I)");
    client.expect("C(DISCARD ALL) S* Z(I)");
    client.send([query("fetch c")]);
    client.expect("E[34000] Z(I)");
}

#[test]
fn eq_40_many_rows_are_moved_over() {
    let mut client = server().login();
    client.send([
        query("begin"),
        query("declare c cursor for select n, 'a row that is longer than others' from generate_series(1,20000) n"),
        query("move 19998 c"),
        query("fetch all c"),
    ]);
    client.expect("C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T) C(MOVE 19998) Z(T)");
    client.expect("T D[19999,'a row that is longer than others'] D C(FETCH 2) Z(T)");
    client.send([query("rollback"), query("select 1")]);
    client.expect("C(ROLLBACK) Z(I) T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn eq_40_notices_pass_rows_that_do_not() {
    let mut client = server().login();
    client.send([
        query(&format!("declare c cursor with hold for {SERIES}")),
        query("do $$ begin raise notice 'now'; end $$; move 3 c; fetch 1 c"),
    ]);
    client.expect("C(DECLARE CURSOR) Z(I) N[NOTICE 00000] C(DO) C(MOVE 3) T D[4] C(FETCH 1) Z(I)");
}

#[test]
fn eq_40_cursors_and_savepoints() {
    let mut client = declared("no scroll cursor");
    client.send([
        query("fetch 1 c"),
        query("savepoint a"),
        query("declare d no scroll cursor for select 1"),
        query("fetch 1 c"),
        query("select 1/0"),
        query("rollback to a"),
        // What was made before the savepoint goes on where it was; what came after it is gone.
        query("fetch 1 c"),
        query("fetch d"),
        query("rollback to a"),
        query("move 1 c"),
    ]);
    client.expect("T D[1] C(FETCH 1) Z(T) C(SAVEPOINT) Z(T) C(DECLARE CURSOR) Z(T) T D[2] C(FETCH 1) Z(T) T* E[22012] Z(E)");
    client.expect(
        "C(ROLLBACK) Z(T) T D[3] C(FETCH 1) Z(T) E[34000] Z(E) C(ROLLBACK) Z(T) C(MOVE 1) Z(T)",
    );
    client.send([
        query("declare d no scroll cursor for select 7 as n"),
        query("release a"),
        query("savepoint b"),
        query("rollback to b"),
        query("fetch d"),
        query("fetch c"),
    ]);
    client.expect("C(DECLARE CURSOR) Z(T) C(RELEASE) Z(T) C(SAVEPOINT) Z(T) C(ROLLBACK) Z(T) T D[7] C(FETCH 1) Z(T) T D[5] C(FETCH 1) Z(T)");
    // Without a savepoint, an error is the end of all.
    client.send([
        query("release b"),
        query("select 1/0"),
        query("rollback"),
        query("fetch c"),
    ]);
    client.expect("C(RELEASE) Z(T) T* E[22012] Z(E) C(ROLLBACK) Z(I) E[34000] Z(I)");
}
