//! What a client may have kept for it: the bytes of prepared statements and portals.

use crate::target::Setup;
use crate::wire::*;

/// A statement of this many bytes.
fn of_bytes(bytes: usize) -> String {
    format!("select '{}'", "x".repeat(bytes - 9))
}

#[test]
fn sec_64_bytes_of_prepared_statements() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let named = |name: &str, bytes| parse(name, &of_bytes(bytes), &[]);
    // What each takes beside its text is less than a thousand bytes.
    client.send([named("a", 60_000), named("b", 38_000), sync()]);
    client.expect("1 1 Z(I)");
    client.send([close_statement("b"), named("b", 40_000), sync()]);
    client.expect("3 E[53200] Z(I)");
    // By SQL as by the protocol.
    let prepare = |bytes| query(&format!("prepare b as {}", of_bytes(bytes)));
    client.send([prepare(40_000), prepare(38_000)]);
    client.expect("E[53200] Z(I) C(PREPARE) Z(I)");
    client.send([query("deallocate a"), named("a", 59_000), sync()]);
    client.expect("C(DEALLOCATE) Z(I) 1 Z(I)");
    client.send([query("deallocate all"), named("a", 99_000), sync()]);
    client.expect("C(DEALLOCATE ALL) Z(I) 1 Z(I)");
}

#[test]
fn sec_64_columns_are_kept_too() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    // The text takes 3,000 bytes, and the columns fifty or a hundred each.
    let wide = format!("select {}", vec!["1"; 1_500].join(","));
    client.send([parse("a", &wide, &[]), sync()]);
    client.expect("E[53200] Z(I)");
    client.send([query(&format!("prepare a as {wide}"))]);
    client.expect("E[53200] Z(I)");
    // Without a name, or a portal that has one, it does not count.
    client.send([
        parse("", &wide, &[]),
        bind("", "", &[]),
        execute("", 0),
        bind("p", "", &[]),
        sync(),
    ]);
    client.expect("1 2 D(1500) C(SELECT 1) E[53200] Z(I)");
}

#[test]
fn sec_64_small_ones_take_something_too() {
    let Some(server) = Setup::max_prepared_bytes(1_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let small = |name: &str| parse(name, "select 1", &[]);
    client.send([small("a"), small("b"), small("c"), sync()]);
    client.expect("1 1 E[53200] Z(I)");
    client.send([
        close_statement("b"),
        bind("p", "a", &[]),
        bind("q", "a", &[]),
        sync(),
    ]);
    client.expect("3 2 E[53200] Z(I)");
}

#[test]
fn sec_64_bytes_of_portals() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let value = |bytes| "x".repeat(bytes);
    client.send([query("begin"), parse("s", "select $1::text", &[]), sync()]);
    client.expect("C(BEGIN) Z(T) 1 Z(T)");
    // What the statement takes, and a portal beside its value, is less than a thousand bytes.
    client.send([
        query("savepoint a"),
        bind("p", "s", &[Some(&value(97_000))]),
        close_portal("p"),
        bind("p", "s", &[Some(&value(100_000))]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("C(SAVEPOINT) Z(T) 2 3 E[53200] Z(E) C(ROLLBACK) Z(T)");
    let half = value(49_800);
    client.send([
        bind("p", "s", &[Some(&half)]),
        bind("q", "s", &[Some(&half)]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("2 E[53200] Z(E) C(ROLLBACK) Z(T)");
    // What they took was given back, also by a portal that was bound after the savepoint.
    client.send([
        bind("p", "s", &[Some(&half)]),
        execute("p", 1),
        close_portal("p"),
        bind("q", "s", &[Some(&half)]),
        sync(),
        query("commit"),
    ]);
    client.expect("2 D s 3 2 Z(T) C(COMMIT) Z(I)");
    client.send([bind("p", "s", &[Some(&value(97_000))]), sync()]);
    client.expect("2 Z(I)");
    // That portal went with Sync; a cursor is a portal, too.
    client.send([
        query("begin"),
        query(&format!("declare c cursor for {}", of_bytes(100_000))),
        query("rollback"),
        query("begin"),
        query(&format!("declare c cursor for {}", of_bytes(97_000))),
    ]);
    client.expect(
        "C(BEGIN) Z(T) E[53200] Z(E) C(ROLLBACK) Z(I) C(BEGIN) Z(T) C(DECLARE CURSOR) Z(T)",
    );
}

#[test]
fn sec_64_a_portal_keeps_its_statement() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let large = of_bytes(90_000);
    client.send([
        query("begin; savepoint a"),
        parse("s", &large, &[]),
        bind("p", "s", &[]),
        close_statement("s"),
        parse("t", &large, &[]),
        sync(),
        query("rollback to a"),
    ]);
    client.expect("C(BEGIN) C(SAVEPOINT) Z(T) 1 2 3 E[53200] Z(E) C(ROLLBACK) Z(T)");
    // The portal went with the savepoint, and the statement with it.
    client.send([parse("t", &large, &[]), close_statement("t"), sync()]);
    client.expect("1 3 Z(T)");
    // So does one of the unnamed statement.
    client.send([
        parse("", &large, &[]),
        bind("p", "", &[]),
        parse("", &large, &[]),
        bind("q", "", &[]),
        sync(),
    ]);
    client.expect("1 2 1 E[53200] Z(E)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
    // And the arguments of an EXECUTE belong to its portal.
    let run = format!("execute s('{}')", "x".repeat(45_000));
    client.send([
        parse("s", "select $1::text", &[]),
        parse("e", &run, &[]),
        bind("p", "e", &[]),
        bind("q", "e", &[]),
        execute("p", 0),
        execute("q", 0),
        sync(),
    ]);
    client.expect("1 1 2 2 D C(SELECT 1) E[53200] Z(I)");
}

#[test]
fn sec_64_messages_bound_what_has_no_name() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let large = "x".repeat(200_000);
    client.send([parse("s", &of_bytes(99_000), &[]), sync()]);
    client.expect("1 Z(I)");
    client.send([
        parse("", "select $1::text", &[]),
        bind("", "", &[Some(&large)]),
        execute("", 0),
        parse("", &of_bytes(200_000), &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
        query(&of_bytes(200_000)),
    ]);
    client.expect("1 2 D C(SELECT 1) 1 2 D C(SELECT 1) Z(I) T D C(SELECT 1) Z(I)");
    client.send([
        parse("", &of_bytes(200_000), &[]),
        bind("p", "", &[]),
        sync(),
    ]);
    client.expect("1 E[53200] Z(I)");
}

#[test]
fn sec_64_a_statement_that_portals_share_counts_once() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([query("begin"), parse("", &of_bytes(1 << 20), &[])]);
    let binds: Vec<u8> = (0..100)
        .flat_map(|n| bind(&format!("p{n}"), "", &[]))
        .collect();
    client.send([binds, sync()]);
    client.expect("C(BEGIN) Z(T) 1 2×100 Z(T)");
    client.send([query("rollback")]);
    client.expect("C(ROLLBACK) Z(I)");
}

#[test]
fn sec_64_what_is_shared_is_given_back_with_its_last_portal() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    client.send([
        query("begin"),
        parse("", &of_bytes(90_000), &[]),
        bind("p", "", &[]),
        bind("q", "", &[]),
        close_portal("p"),
        sync(),
    ]);
    client.expect("C(BEGIN) Z(T) 1 2 2 3 Z(T)");
    let large = parse("s", &of_bytes(90_000), &[]);
    // The unnamed statement is still there, but counts no more.
    client.send([
        close_portal("q"),
        large.clone(),
        close_statement("s"),
        sync(),
    ]);
    client.expect("3 1 3 Z(T)");
    client.send([bind("p", "", &[]), large, sync()]);
    client.expect("2 E[53200] Z(E)");
}

#[test]
fn sec_64_a_portal_that_becomes_another_gives_back_what_it_took() {
    let Some(server) = Setup::max_prepared_bytes(100_000).start_ours() else {
        return;
    };
    let mut client = server.login();
    let run = format!("execute s('{}')", "x".repeat(60_000));
    client.send([
        parse("s", "select $1::text", &[]),
        parse("", &run, &[]),
        bind("p", "", &[]),
        execute("p", 0),
        sync(),
    ]);
    client.expect("1 1 2 D C(SELECT 1) Z(I)");
}
