//! T-N: notifications (PostgreSQL docs 54.2.7).

use crate::target::server;
use crate::wire::*;

#[test]
fn t_n01_while_idle() {
    let server = server();
    let (mut listener, mut other) = (server.login(), server.login());
    listener.send([query("listen n01")]);
    listener.expect("C(LISTEN) Z(I)");
    other.send([query("notify n01, 'hello'")]);
    other.expect("C(NOTIFY) Z(I)");
    let seen = listener.expect("A(n01=hello)");
    assert_eq!(seen[0].body()[..4], other.pid.to_be_bytes());
}

#[test]
fn t_n02_own_notifications() {
    let mut client = server().login();
    client.send([query("listen n02")]);
    client.expect("C(LISTEN) Z(I)");
    client.send([query("notify n02, 'a'; notify n02, 'a'; notify n02, 'b'")]);
    let seen = client.expect("C(NOTIFY) C(NOTIFY) C(NOTIFY) A(n02=a) A(n02=b) Z(I)");
    assert_eq!(seen[3].body()[..4], client.pid.to_be_bytes());
    let run = |sql: &str| [parse("", sql, &[]), bind("", "", &[]), execute("", 0)].concat();
    client.send([run("notify n02, 'c'"), sync()]);
    client.expect("1 2 C(NOTIFY) A(n02=c) Z(I)");
}

#[test]
fn t_n03_not_inside_a_transaction() {
    let server = server();
    let (mut listener, mut other) = (server.login(), server.login());
    listener.send([query("listen n03"), query("begin")]);
    listener.expect("C(LISTEN) Z(I) C(BEGIN) Z(T)");
    other.send([query("notify n03, 'x'")]);
    other.expect("C(NOTIFY) Z(I)");
    listener.send([query("select 1")]);
    listener.expect("T D[1] C(SELECT 1) Z(T)");
    listener.send([query("commit")]);
    listener.expect("C(COMMIT) A(n03=x) Z(I)");
}

#[test]
fn t_n03_a_rolled_back_notify_is_none() {
    let mut client = server().login();
    client.send([
        query("listen n03r"),
        query("begin; notify n03r, 'x'"),
        query("rollback"),
        query("notify n03r, 'y'"),
    ]);
    client
        .expect("C(LISTEN) Z(I) C(BEGIN) C(NOTIFY) Z(T) C(ROLLBACK) Z(I) C(NOTIFY) A(n03r=y) Z(I)");
}

#[test]
fn t_n04_limits() {
    let mut client = server().login();
    client.send([query("listen n04")]);
    client.expect("C(LISTEN) Z(I)");
    for (channel, length, code) in [("n04", 8000, "22023"), (&"c".repeat(64), 1, "22023")] {
        client.send([query(&format!(
            "select pg_notify('{channel}', '{}')",
            "x".repeat(length)
        ))]);
        client.expect(&format!("T* E[{code}] Z(I)"));
    }
    client.send([query(&format!(
        "select pg_notify('n04', '{}')",
        "x".repeat(7999)
    ))]);
    client.expect("T D C(SELECT 1) A(n04) Z(I)");
    client.send([query(&format!(
        "select pg_notify('{}', '')",
        "c".repeat(63)
    ))]);
    client.expect("T D C(SELECT 1) Z(I)");
}
