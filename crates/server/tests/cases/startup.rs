//! T-S: startup, negotiation, TLS (PostgreSQL docs 54.2.1, 54.2.10, 54.7).

use std::time::{Duration, Instant};

use crate::target::{Setup, server};
use crate::wire::*;

const USER: [(&str, &str); 2] = [("user", "postgres"), ("database", "postgres")];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&USER, more].concat()
}

#[test]
fn t_s01_startup_3_0() {
    let mut client = server().connect();
    client.send([startup(V3_0, &USER)]);
    let seen = client.expect("R(0) S* K(4) Z(I)");
    let names: Vec<_> = seen.iter().map(|s| format!("{s:?}")).collect();
    for needed in [
        "server_version",
        "server_encoding",
        "client_encoding",
        "DateStyle",
        "IntervalStyle",
        "TimeZone",
        "integer_datetimes",
        "standard_conforming_strings",
        "application_name",
        "is_superuser",
        "session_authorization",
        "default_transaction_read_only",
        "in_hot_standby",
        "scram_iterations",
        "search_path",
    ] {
        let sent = names
            .iter()
            .filter(|name| name.starts_with(&format!("S({needed}=")))
            .count();
        assert_eq!(sent, 1, "{needed} in {names:?}");
    }
}

#[test]
fn t_s02_startup_3_2() {
    let mut client = server().connect();
    client.send([startup(V3_2, &USER)]);
    client.expect("R(0) S* K(32) Z(I)");
}

#[test]
fn t_s03_startup_3_1() {
    let mut client = server().connect();
    client.send([startup(V3_1, &USER)]);
    client.expect("R(0) S* K(4) Z(I)");
}

#[test]
fn t_s04_startup_3_9999() {
    let mut client = server().connect();
    client.send([startup(GREASE, &USER)]);
    let seen = client.expect("v(00030002) R(0) S* K(32) Z(I)");
    assert_eq!(seen[0].body(), [0, 3, 0, 2, 0, 0, 0, 0]);
}

#[test]
fn t_s05_unknown_protocol_options() {
    let mut client = server().connect();
    client.send([startup(
        V3_0,
        &with(&[("_pq_.foo", "1"), ("_pq_.bar", "2")]),
    )]);
    client.expect("v(00030000; _pq_.foo, _pq_.bar) R(0) S* K(4) Z(I)");
}

#[test]
fn t_s05b_grease_of_postgresql_19() {
    let mut client = server().connect();
    client.send([startup(
        GREASE,
        &with(&[("_pq_.test_protocol_negotiation", "")]),
    )]);
    client.expect("v(00030002; _pq_.test_protocol_negotiation) R(0) S* K(32) Z(I)");
}

#[test]
fn t_s06_unknown_major_version() {
    for version in [V4_0, 0x04D2_0001] {
        let mut client = server().connect();
        client.send([startup(version, &USER)]);
        client.expect("E[FATAL 0A000 \"unsupported frontend protocol\"] EOF");
    }
}

#[test]
fn t_s07_version_2_is_told_in_its_own_shape() {
    let mut client = server().connect();
    client.send([startup(V2_0, &USER)]);
    let reply = client.rest();
    let text = String::from_utf8_lossy(&reply);
    assert!(
        text.starts_with("EFATAL:  unsupported frontend protocol 2.0: "),
        "{text:?}"
    );
    assert!(text.ends_with("\n\0"), "{text:?}");
}

#[test]
fn t_s08_no_user() {
    for params in [
        vec![("database", "postgres")],
        vec![("user", ""), ("database", "postgres")],
    ] {
        let mut client = server().connect();
        client.send([startup(V3_0, &params)]);
        client.expect("E[FATAL 28000] EOF");
    }
}

#[test]
fn t_s09_broken_layout() {
    let body = |text: &str| untyped(&[&V3_0.to_be_bytes(), text.as_bytes()].concat());
    for packet in [
        "user\0postgres\0",
        "user\0postgres\0\0x",
        "user\0postgres\0database\0\0",
        "user\0postgres\0database\0",
        "user",
        "",
    ] {
        let mut client = server().connect();
        client.send([body(packet)]);
        client.expect("E[FATAL 08P01] EOF");
    }
}

#[test]
fn t_s10_lengths_that_no_packet_has() {
    for bytes in [
        b"\0\0\0\x03".to_vec(),
        b"\0\0\0\x07\0\x03\0".to_vec(),
        b"\xff\xff\xff\xff\0\x03\0\0".to_vec(),
        [&10005u32.to_be_bytes()[..], &V3_0.to_be_bytes()].concat(),
        b"GET / HTTP/1.0\r\n\r\n".to_vec(),
    ] {
        let mut client = server().connect();
        client.send_bytes(&bytes);
        client.expect("EOF");
    }
}

#[test]
fn t_s11_the_longest_startup_packet() {
    let fixed = startup(V3_0, &with(&[("application_name", "")])).len();
    let name = "x".repeat(10004 - fixed);
    let packet = startup(V3_0, &[USER[0], USER[1], ("application_name", &name)]);
    assert_eq!(packet.len(), 10004);
    let mut client = server().connect();
    client.send([packet]);
    client.expect("R(0) N* S* K N* Z(I)");
}

#[test]
fn t_s12_unknown_setting() {
    let mut client = server().connect();
    client.send([startup(V3_0, &with(&[("nosuchguc", "1")]))]);
    client.expect("R(0) E[FATAL 42704] EOF");
}

#[test]
fn t_s13_bad_value_of_a_setting() {
    let mut client = server().connect();
    client.send([startup(V3_0, &with(&[("client_encoding", "KLINGON")]))]);
    client.expect("R(0) E[FATAL 22023] EOF");
}

#[test]
fn t_s13_an_encoding_without_a_conversion() {
    let mut client = server().connect();
    client.send([startup(
        V3_0,
        &with(&[("client_encoding", "MULE_INTERNAL")]),
    )]);
    client.expect("R(0) E[FATAL 0A000] EOF");
}

#[test]
fn t_s14_custom_setting() {
    server().login_with(&[("foo.bar", "1")]);
}

#[test]
fn t_s15_replication_is_judged_before_authentication() {
    let mut client = server().connect();
    client.send([startup(V3_0, &with(&[("replication", "bogus")]))]);
    client.expect("E[FATAL 22023] EOF");
}

#[test]
fn t_s16_no_such_database() {
    let mut client = server().connect();
    client.send([startup(
        V3_0,
        &[("user", "postgres"), ("database", "nosuchdb")],
    )]);
    client.expect("R(0) E[FATAL 3D000] EOF");
}

#[test]
fn t_s17_roles_that_may_not_log_in() {
    for (user, refusal) in [
        ("nosuchrole", "28000"),
        ("nologin_user", "28000"),
        ("limit0_user", "53300"),
    ] {
        let mut client = server().connect();
        client.send([startup(V3_0, &[("user", user), ("database", "postgres")])]);
        client.expect(&format!("R(0) E[FATAL {refusal}] EOF"));
    }
}

#[test]
fn t_s18_rejected_before_authentication() {
    for (user, database) in [("reject_user", "postgres"), ("postgres", "nohbadb")] {
        let mut client = server().connect();
        client.send([startup(V3_0, &[("user", user), ("database", database)])]);
        client.expect("E[FATAL 28000] EOF");
    }
}

#[test]
fn t_s19_options() {
    let mut client =
        server().login_with(&[("options", r"-c work_mem=5MB -c application_name=a\ b")]);
    client.send([query("show work_mem; show application_name")]);
    client.expect("T D[5MB] C(SHOW) T D['a b'] C(SHOW) Z(I)");
}

#[test]
fn t_s19_long_options() {
    let mut client = server().login_with(&[("options", "--application_name=long --work-mem=6MB")]);
    client.send([query("show application_name; show work_mem")]);
    client.expect("T D[long] C(SHOW) T D[6MB] C(SHOW) Z(I)");
}

#[test]
fn t_s20_tls_without_alpn() {
    let mut client = server().connect();
    client.send([ssl_request()]);
    client.expect_byte('S');
    client.upgrade(&[]).unwrap();
    assert_eq!(client.alpn(), None);
    client.start(&USER);
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_s21_plaintext_behind_the_tls_request_is_no_session() {
    let mut client = server().connect();
    client.send([ssl_request(), startup(V3_0, &USER), query("select 1")]);
    let reply = client.rest();
    // What comes after S is at most a TLS alert record (21), or an error; never R.
    assert!(
        reply == b"S" || reply.starts_with(b"S\x15\x03") || reply.starts_with(b"E"),
        "{reply:?}"
    );
}

#[test]
fn t_s22_plaintext_after_the_tls_answer_is_no_session() {
    let mut client = server().connect();
    client.send([ssl_request()]);
    client.expect_byte('S');
    client.send([startup(V3_0, &USER), query("select 1")]);
    let reply = client.rest();
    assert!(
        reply.is_empty() || reply.starts_with(b"\x15\x03"),
        "{reply:?}"
    );
}

#[test]
fn t_s23_gss_refused_then_tls_or_clear() {
    let mut tls = server().connect();
    tls.send([gss_request()]);
    tls.expect_byte('N');
    tls.send([ssl_request()]);
    tls.expect_byte('S');
    tls.upgrade(&["postgresql"]).unwrap();
    tls.start(&USER);

    let mut clear = server().connect();
    clear.send([gss_request()]);
    clear.expect_byte('N');
    clear.start(&USER);
}

#[test]
fn t_s24_each_encryption_is_asked_for_once() {
    let mut client = server().connect();
    client.send([gss_request()]);
    client.expect_byte('N');
    client.send([gss_request()]);
    client.expect("E[FATAL 0A000 \"unsupported frontend protocol 1234.5680\"] EOF");
}

#[test]
fn t_s24_tls_refused_is_asked_for_once() {
    let Some(server) = Setup::without_tls().start_ours() else {
        return;
    };
    let mut client = server.connect();
    client.send([ssl_request()]);
    client.expect_byte('N');
    client.send([ssl_request()]);
    client.expect("E[FATAL 0A000 \"unsupported frontend protocol 1234.5679\"] EOF");
}

#[test]
fn t_s25_bytes_behind_the_gss_request() {
    let mut client = server().connect();
    client.send([gss_request(), startup(V3_0, &USER)]);
    client.expect_byte('N');
    client
        .expect("E[FATAL 08P01 \"received unencrypted data after GSSAPI encryption request\"] EOF");
}

#[test]
fn t_s26_direct_tls() {
    let mut client = server().connect();
    client.upgrade(&["postgresql"]).unwrap();
    assert_eq!(client.alpn().as_deref(), Some("postgresql"));
    client.start(&USER);
    client.send([query("select 1")]);
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_s27_direct_tls_needs_alpn() {
    let mut without = server().connect();
    if without.upgrade(&[]).is_ok() {
        without.send([startup(V3_0, &USER)]);
        without.expect("EOF");
    }
    let mut other = server().connect();
    let error = other.upgrade(&["http/1.1"]).unwrap_err();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
}

#[test]
fn t_s28_alpn_after_ssl_request() {
    let mut other = server().connect();
    other.send([ssl_request()]);
    other.expect_byte('S');
    let error = other.upgrade(&["http/1.1"]).unwrap_err();
    assert!(error.contains("NoApplicationProtocol"), "{error}");

    let mut ours = server().connect();
    ours.send([ssl_request()]);
    ours.expect_byte('S');
    ours.upgrade(&["http/1.1", "postgresql"]).unwrap();
    assert_eq!(ours.alpn().as_deref(), Some("postgresql"));
    ours.start(&USER);
}

#[test]
fn t_s29_tls_inside_requested_tls() {
    for (request, number) in [(ssl_request(), 5679), (gss_request(), 5680)] {
        let mut client = server().connect();
        client.send([ssl_request()]);
        client.expect_byte('S');
        client.upgrade(&[]).unwrap();
        client.send([request]);
        client.expect(&format!(
            "E[FATAL 0A000 \"unsupported frontend protocol 1234.{number}\"] EOF"
        ));
    }
}

#[test]
fn t_s30_encryption_requests_inside_direct_tls() {
    let mut client = server().connect();
    client.upgrade(&["postgresql"]).unwrap();
    client.send([ssl_request()]);
    client.expect_byte('N');
    client.send([gss_request()]);
    client.expect_byte('N');
    client.start(&USER);
}

#[test]
fn t_s31_silent_clients_are_closed_at_the_timeout() {
    let server = Setup::impatient().start();
    let began = Instant::now();
    let half = startup(V3_0, &USER);
    let mut clients = [server.connect(), server.connect(), server.connect()];
    clients[1].send_bytes(&half[..2]);
    clients[2].send_bytes(&half[..half.len() - 1]);
    for mut client in clients {
        client.expect("EOF");
    }
    assert!(
        began.elapsed() >= server.patience() - Duration::from_millis(50),
        "closed after {:?}",
        began.elapsed()
    );
}

#[test]
fn t_s32_silence_in_scram_is_closed_at_the_timeout() {
    let server = Setup::impatient().start();
    let began = Instant::now();
    let mut client = server.connect();
    client.send([startup(
        V3_0,
        &[("user", "scram_user"), ("database", "postgres")],
    )]);
    client.expect("R(10) EOF");
    assert!(
        began.elapsed() >= server.patience() - Duration::from_millis(50),
        "closed after {:?}",
        began.elapsed()
    );
}

#[test]
fn t_s33_a_query_behind_the_startup_packet() {
    let mut client = server().connect();
    client.send([startup(V3_0, &USER), query("select 1")]);
    client.expect_ready();
    client.expect("T D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_s34_what_real_drivers_set_at_startup() {
    let mut client = server().connect();
    client.send([startup(
        V3_0,
        &with(&[
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO"),
            ("TimeZone", "Europe/Rome"),
            ("extra_float_digits", "2"),
            ("search_path", "pg_temp"),
            ("application_name", "case"),
        ]),
    )]);
    let seen = client.expect_ready();
    let seen = format!("{seen:?}");
    for reported in [
        "client_encoding=UTF8",
        "DateStyle=ISO, MDY",
        "TimeZone=Europe/Rome",
        "search_path=pg_temp",
        "application_name=case",
    ] {
        assert!(
            seen.contains(&format!("S({reported})")),
            "{reported} in {seen}"
        );
    }
}

#[test]
fn t_s35_all_slots_taken() {
    let Some(server) = Setup::max_connections(2).start_ours() else {
        return;
    };
    let first = server.login();
    let second = server.login();
    let mut third = server.connect();
    third.send([startup(V3_0, &USER)]);
    third.expect("E[FATAL 53300] EOF");
    drop((first, second));
}

/// SEC-62: clients that stall in the middle of a login take no places.
#[test]
fn sec_62_stalled_logins_keep_nobody_out() {
    let Some(server) = Setup::max_connections(2).start_ours() else {
        return;
    };
    let stalled: Vec<_> = (0..5)
        .map(|_| {
            let mut client = server.connect();
            client.send([startup(
                V3_0,
                &[("user", "scram_user"), ("database", "postgres")],
            )]);
            client.expect("R(10)");
            client
        })
        .collect();
    let first = server.login();
    let second = server.login();
    drop((stalled, first, second));
}

/// Shutting down does not wait for those who say nothing.
#[test]
fn a_silent_connection_does_not_hold_a_shutdown_up() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut silent = server.connect();
    silent.send([gss_request()]);
    silent.expect_byte('N');
    server.stop();
    silent.expect("EOF");
}

#[test]
fn t_s36_connect_during_shutdown() {
    let Some(server) = Setup::default().start_ours() else {
        return;
    };
    let mut open = server.login();
    open.send([query("begin")]);
    open.expect("C(BEGIN) Z(T)");
    let mut idle = server.login();
    let mut late = server.connect();
    late.send([gss_request()]);
    late.expect_byte('N');
    server.stop();
    // Idle sessions are ended first, so the server has heard of it by now.
    idle.expect("E[FATAL 57P01] EOF");
    late.send([startup(V3_0, &USER)]);
    late.expect("E[FATAL 57P03] EOF");
}

#[test]
fn t_s37_the_later_of_two_users_counts() {
    let mut client = server().connect();
    client.send([startup(
        V3_0,
        &[
            ("user", "nosuchrole"),
            ("database", "postgres"),
            ("user", "postgres"),
        ],
    )]);
    client.expect("R(0) S* K Z(I)");
}
