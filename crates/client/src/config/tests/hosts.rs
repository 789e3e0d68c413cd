//! Hosts, addresses and ports, one by one.

use super::{ada, error, resolve};
use crate::config::{Address, LoadBalance};

/// `name address` of each host.
fn hosts(text: &str) -> Vec<String> {
    let resolved = resolve(text, &ada()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let shown = resolved.hosts.iter().map(|host| {
        let name = host.name.as_deref().unwrap_or("-");
        let address = match &host.address {
            Address::Name(looked_up) => format!("{looked_up}?:{}", host.port),
            Address::Ip(address) => address.to_string(),
            Address::Unix(path) => path.display().to_string(),
            Address::Abstract(socket) => format!("\\0{socket}"),
        };
        format!("{name} {address}")
    });
    shown.collect()
}

#[test]
fn hosts_ports_and_addresses_are_matched() {
    for (text, expected) in [
        ("", vec!["/tmp /tmp/.s.PGSQL.5432"]),
        ("port=6000", vec!["/tmp /tmp/.s.PGSQL.6000"]),
        ("host='' port=''", vec!["/tmp /tmp/.s.PGSQL.5432"]),
        ("host=a", vec!["a a?:5432"]),
        ("host=a,b", vec!["a a?:5432", "b b?:5432"]),
        ("host=a,b port=1", vec!["a a?:1", "b b?:1"]),
        ("host=a,b port=1,2", vec!["a a?:1", "b b?:2"]),
        ("host=a,b port=1,", vec!["a a?:1", "b b?:5432"]),
        ("host=a,b port=,", vec!["a a?:5432", "b b?:5432"]),
        ("host=a, port=' 7 '", vec!["a a?:7", "/tmp /tmp/.s.PGSQL.7"]),
        ("host=127.0.0.1", vec!["127.0.0.1 127.0.0.1:5432"]),
        ("host=::1", vec!["::1 [::1]:5432"]),
        ("hostaddr=127.0.0.1", vec!["- 127.0.0.1:5432"]),
        ("host=a hostaddr=127.0.0.1", vec!["a 127.0.0.1:5432"]),
        ("host=a,b hostaddr=::1,", vec!["a [::1]:5432", "b b?:5432"]),
        (
            "host=,b hostaddr=::1,::2",
            vec!["- [::1]:5432", "b [::2]:5432"],
        ),
        ("hostaddr=fe80::1%2", vec!["- [fe80::1%2]:5432"]),
        ("host=/run/pg port=1", vec!["/run/pg /run/pg/.s.PGSQL.1"]),
        ("host=@pg", vec!["@pg \\0pg/.s.PGSQL.5432"]),
        (
            "postgres://%2Frun%2Fpg,a,[::1]:7/db",
            vec!["/run/pg /run/pg/.s.PGSQL.5432", "a a?:5432", "::1 [::1]:7"],
        ),
    ] {
        assert_eq!(hosts(text), expected, "{text}");
    }
}

#[test]
fn without_sockets_the_host_is_localhost() {
    let mut around = ada();
    assert_eq!(around.default_host(), "/tmp");
    around = around.socket_folder("/run/elsewhere");
    let resolved = resolve("", &around).unwrap();
    assert_eq!(resolved.hosts[0].name.as_deref(), Some("/run/elsewhere"));
}

#[test]
fn what_does_not_match_is_told_in_libpqs_words() {
    let long = format!("host=/{}", "x".repeat(100));
    for (text, expected) in [
        (
            "host=a,b port=1,2,3",
            "could not match 3 port numbers to 2 hosts",
        ),
        (
            "host=a port=1,2",
            "could not match 2 port numbers to 1 hosts",
        ),
        ("port=1,2", "could not match 2 port numbers to 1 hosts"),
        (
            "host=a,b,c port=1,2",
            "could not match 2 port numbers to 3 hosts",
        ),
        (
            "host=a,b hostaddr=::1",
            "could not match 2 host names to 1 hostaddr values",
        ),
        (
            "host=a hostaddr=::1,::2",
            "could not match 1 host names to 2 hostaddr values",
        ),
        ("port=0", "invalid port number: \"0\""),
        ("port=-1", "invalid port number: \"-1\""),
        ("port=65536", "invalid port number: \"65536\""),
        (
            "port=5x",
            "invalid integer value \"5x\" for connection option \"port\"",
        ),
        (
            "port=99999999999",
            "invalid integer value \"99999999999\" for connection option \"port\"",
        ),
        (
            "hostaddr=localhost",
            "could not parse network address \"localhost\": hostaddr takes numeric IPv4 and IPv6 addresses, host takes names",
        ),
    ] {
        assert_eq!(error(text, &ada()), expected, "{text}");
    }
    let told = error(&long, &ada());
    assert!(
        told.starts_with("Unix-domain socket path \"/xxx") && told.contains("is too long"),
        "{told}"
    );
}

#[test]
fn a_random_order_keeps_every_host() {
    let mut draws = [2, 0, 7, 1].into_iter().cycle();
    let mut items = [1, 2, 3, 4, 5];
    LoadBalance::Random.order(&mut items, |_| draws.next().unwrap());
    assert_ne!(items, [1, 2, 3, 4, 5]);
    items.sort_unstable();
    assert_eq!(items, [1, 2, 3, 4, 5]);

    let mut same = [1, 2, 3];
    LoadBalance::Disable.order(&mut same, |_| 0);
    assert_eq!(same, [1, 2, 3]);
}
