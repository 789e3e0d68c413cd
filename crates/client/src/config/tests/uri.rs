//! What libpq 18 makes of URIs: the facts of its own regression cases (`src/interfaces/libpq/t/001_uri.pl`).

use crate::config::{Config, Environment, Keyword, SslMode, Tls};

/// A URI; what it says, as libpq's test program prints it; or the error.
type Case = (&'static str, Result<&'static str, &'static str>);

const CASES: &[Case] = &[
    // All parts, and fewer and fewer of them.
    (
        "postgresql://uri-user:secret@host:12345/db",
        Ok("user='uri-user' password='secret' dbname='db' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://uri-user@host:12345/db",
        Ok("user='uri-user' dbname='db' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://uri-user@host/db",
        Ok("user='uri-user' dbname='db' host='host' (inet)"),
    ),
    (
        "postgresql://host:12345/db",
        Ok("dbname='db' host='host' port='12345' (inet)"),
    ),
    ("postgresql://host/db", Ok("dbname='db' host='host' (inet)")),
    (
        "postgresql://uri-user@host:12345/",
        Ok("user='uri-user' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://uri-user@host/",
        Ok("user='uri-user' host='host' (inet)"),
    ),
    ("postgresql://uri-user@", Ok("user='uri-user' (local)")),
    (
        "postgresql://host:12345/",
        Ok("host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://host:12345",
        Ok("host='host' port='12345' (inet)"),
    ),
    ("postgresql://host/", Ok("host='host' (inet)")),
    ("postgresql://host", Ok("host='host' (inet)")),
    ("postgresql://", Ok("(local)")),
    // Parameters.
    (
        "postgresql://?hostaddr=127.0.0.1",
        Ok("hostaddr='127.0.0.1' (inet)"),
    ),
    (
        "postgresql://example.com?hostaddr=63.1.2.4",
        Ok("host='example.com' hostaddr='63.1.2.4' (inet)"),
    ),
    ("postgresql://%68ost/", Ok("host='host' (inet)")),
    (
        "postgresql://host/db?user=uri-user",
        Ok("user='uri-user' dbname='db' host='host' (inet)"),
    ),
    (
        "postgresql://host/db?user=uri-user&port=12345",
        Ok("user='uri-user' dbname='db' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://host/db?u%73er=someotheruser&port=12345",
        Ok("user='someotheruser' dbname='db' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://host/db?u%7aer=someotheruser&port=12345",
        Err("invalid URI query parameter: \"uzer\""),
    ),
    (
        "postgresql://host:12345?user=uri-user",
        Ok("user='uri-user' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://host?user=uri-user",
        Ok("user='uri-user' host='host' (inet)"),
    ),
    // Spaces around names and values, and within.
    (
        "postgresql://host?  user = uri-user & port  = 12345 ",
        Ok("user='uri-user' host='host' port='12345' (inet)"),
    ),
    (
        "postgresql://host?  user user  =  uri  & port = 12345 12 ",
        Err(
            "unexpected spaces found in \"  user user  \", use percent-encoded spaces (%20) instead",
        ),
    ),
    (
        "postgresql://host?  user  =  uri-user  & port = 12345 12 ",
        Err("unexpected spaces found in \" 12345 12 \", use percent-encoded spaces (%20) instead"),
    ),
    ("postgresql://host?", Ok("host='host' (inet)")),
    // IPv6 addresses, which are not checked yet.
    (
        "postgresql://[::1]:12345/db",
        Ok("dbname='db' host='::1' port='12345' (inet)"),
    ),
    ("postgresql://[::1]/db", Ok("dbname='db' host='::1' (inet)")),
    (
        "postgresql://[2001:db8::1234]/",
        Ok("host='2001:db8::1234' (inet)"),
    ),
    (
        "postgresql://[200z:db8::1234]/",
        Ok("host='200z:db8::1234' (inet)"),
    ),
    ("postgresql://[::1]", Ok("host='::1' (inet)")),
    // The short scheme, and empty parts.
    ("postgres://", Ok("(local)")),
    ("postgres:///", Ok("(local)")),
    ("postgres:///db", Ok("dbname='db' (local)")),
    (
        "postgres://uri-user@/db",
        Ok("user='uri-user' dbname='db' (local)"),
    ),
    (
        "postgres://?host=/path/to/socket/dir",
        Ok("host='/path/to/socket/dir' (local)"),
    ),
    // Mistakes.
    (
        "postgresql://host?uzer=",
        Err("invalid URI query parameter: \"uzer\""),
    ),
    (
        "postgre://",
        Err("missing \"=\" after \"postgre://\" in connection info string"),
    ),
    (
        "postgres://[::1",
        Err(
            "end of string reached when looking for matching \"]\" in IPv6 host address in URI: \"postgres://[::1\"",
        ),
    ),
    (
        "postgres://[]",
        Err("IPv6 host address may not be empty in URI: \"postgres://[]\""),
    ),
    (
        "postgres://[::1]z",
        Err(
            "unexpected character \"z\" at position 17 in URI (expected \":\" or \"/\"): \"postgres://[::1]z\"",
        ),
    ),
    (
        "postgresql://host?zzz",
        Err("missing key/value separator \"=\" in URI query parameter: \"zzz\""),
    ),
    (
        "postgresql://host?value1&value2",
        Err("missing key/value separator \"=\" in URI query parameter: \"value1\""),
    ),
    (
        "postgresql://host?key=key=value",
        Err("extra key/value separator \"=\" in URI query parameter: \"key\""),
    ),
    (
        "postgres://host?dbname=%XXfoo",
        Err("invalid percent-encoded token: \"%XXfoo\""),
    ),
    (
        "postgresql://a%00b",
        Err("forbidden value %00 in percent-encoded value: \"a%00b\""),
    ),
    (
        "postgresql://%zz",
        Err("invalid percent-encoded token: \"%zz\""),
    ),
    (
        "postgresql://%1",
        Err("invalid percent-encoded token: \"%1\""),
    ),
    (
        "postgresql://%",
        Err("invalid percent-encoded token: \"%\""),
    ),
    // Separators with nothing between them.
    ("postgres://@host", Ok("host='host' (inet)")),
    ("postgres://host:/", Ok("host='host' (inet)")),
    ("postgres://:12345/", Ok("port='12345' (local)")),
    // Sockets.
    (
        "postgres://otheruser@?host=/no/such/directory",
        Ok("user='otheruser' host='/no/such/directory' (local)"),
    ),
    (
        "postgres://otheruser@/?host=/no/such/directory",
        Ok("user='otheruser' host='/no/such/directory' (local)"),
    ),
    (
        "postgres://otheruser@:12345?host=/no/such/socket/path",
        Ok("user='otheruser' host='/no/such/socket/path' port='12345' (local)"),
    ),
    (
        "postgres://otheruser@:12345/db?host=/path/to/socket",
        Ok("user='otheruser' dbname='db' host='/path/to/socket' port='12345' (local)"),
    ),
    (
        "postgres://:12345/db?host=/path/to/socket",
        Ok("dbname='db' host='/path/to/socket' port='12345' (local)"),
    ),
    (
        "postgres://:12345?host=/path/to/socket",
        Ok("host='/path/to/socket' port='12345' (local)"),
    ),
    (
        "postgres://%2Fvar%2Flib%2Fpostgresql/dbname",
        Ok("dbname='dbname' host='/var/lib/postgresql' (local)"),
    ),
];

/// With `PGSSLROOTCERT=system`, under which the default mode is the strongest.
const SYSTEM_ROOT_CASES: &[Case] = &[
    (
        "postgresql://host?sslmode=disable",
        Ok("host='host' sslmode='disable' (inet)"),
    ),
    (
        "postgresql://host?sslmode=prefer",
        Ok("host='host' sslmode='prefer' (inet)"),
    ),
    (
        "postgresql://host?sslmode=verify-full",
        Ok("host='host' (inet)"),
    ),
];

const AMBIGUOUS: &str = "a user name, password or parameter in the URI holds a \"/\", \":\", \"?\" or \"@\" that can be read in two ways: write %2F, %3A, %3F or %40 for it";

/// Not among libpq's cases, but what libpq does all the same.
const MORE_CASES: &[Case] = &[
    (
        "postgres://a,b:1,[::1]:2/db",
        Ok("dbname='db' host='a,b,::1' port=',1,2' (inet)"),
    ),
    ("postgres://a,b", Ok("host='a,b' port=',' (inet)")),
    ("postgres://,/", Ok("host=',' port=',' (inet)")),
    (
        "postgres://h?ssl=true",
        Ok("host='h' sslmode='require' (inet)"),
    ),
    (
        "postgres://h?ssl=false",
        Err("invalid URI query parameter: \"ssl\""),
    ),
    (
        "postgres://h?requiressl=1",
        Ok("host='h' sslmode='require' (inet)"),
    ),
    ("postgres://h/d%2fb", Ok("dbname='d/b' host='h' (inet)")),
    ("postgres://h/a/b", Ok("dbname='a/b' host='h' (inet)")),
    (
        "postgres://u%40h:p%3a%2F@h",
        Ok("user='u@h' password='p:/' host='h' (inet)"),
    ),
    (
        "postgres://u:p:q@h",
        Ok("user='u' password='p:q' host='h' (inet)"),
    ),
    ("postgres://:p@h", Ok("password='p' host='h' (inet)")),
    ("postgres://a%2Cb", Ok("host='a,b' (inet)")),
    ("postgres://h?user=a&user=b", Ok("user='b' host='h' (inet)")),
    ("postgres://h?user=a&", Ok("user='a' host='h' (inet)")),
    (
        "postgres://h?&user=a",
        Err("missing key/value separator \"=\" in URI query parameter: \"\""),
    ),
    ("postgres://h?user=", Ok("user='' host='h' (inet)")),
    (
        "POSTGRES://h",
        Err("missing \"=\" after \"POSTGRES://h\" in connection info string"),
    ),
    (
        "postgres://[::1]]",
        Err(
            "unexpected character \"]\" at position 17 in URI (expected \":\" or \"/\"): \"postgres://[::1]]\"",
        ),
    ),
    (
        "postgres://u:p?q@h",
        Ok("user='u' password='p?q' host='h' (inet)"),
    ),
    // Some that libpq takes for something that nobody means.
    ("postgres://h?password=p@q", Err(AMBIGUOUS)),
    ("postgres://h:1?password=p@q", Err(AMBIGUOUS)),
    ("postgres://u:p@q@h", Err(AMBIGUOUS)),
    ("postgres://u:p/q@h", Err(AMBIGUOUS)),
    (
        "postgres://h/db?password=p@q",
        Ok("password='p@q' dbname='db' host='h' (inet)"),
    ),
    // Two that libpq takes and that only fail when the server is looked for.
    (
        "postgres://h:x/db",
        Err("invalid integer value \"x\" for connection option \"port\""),
    ),
    (
        "postgres://h:65536/db",
        Err("invalid port number: \"65536\""),
    ),
];

#[test]
fn uris_are_read_as_libpq_reads_them() {
    for (uri, expected) in CASES.iter().chain(MORE_CASES) {
        check(uri, *expected, &Environment::empty());
    }
    let around = Environment::empty().variable("PGSSLROOTCERT", "system");
    for (uri, expected) in SYSTEM_ROOT_CASES {
        check(uri, *expected, &around);
    }
}

fn check(uri: &str, expected: Result<&str, &str>, around: &Environment) {
    let printed = uri
        .parse::<Config>()
        .map(|config| print(&config, around))
        .map_err(|error| error.to_string());
    let expected = expected.map(str::to_owned).map_err(str::to_owned);
    assert_eq!(printed, expected, "{uri}");
}

/// What differs from the defaults, and whether the host is this one.
fn print(config: &Config, around: &Environment) -> String {
    let mut defaults = Config::new();
    crate::config::defaults::fill(&mut defaults.settings, around).unwrap();
    let mode = Tls::without_files(&defaults.settings).unwrap().mode;
    assert!(mode == SslMode::Prefer || mode == SslMode::VerifyFull);

    let mut out = String::new();
    for keyword in Keyword::ALL {
        let Some(text) = config.text(*keyword) else {
            continue;
        };
        let is_default = *keyword == Keyword::SslMode && text == mode.as_str();
        if !is_default {
            out.push_str(&format!("{keyword}='{text}' "));
        }
    }
    let host = config.text(Keyword::Host).unwrap_or_default();
    let address = config.text(Keyword::Hostaddr).unwrap_or_default();
    let is_local = address.is_empty() && (host.is_empty() || host.starts_with('/'));
    out + if is_local { "(local)" } else { "(inet)" }
}

#[test]
fn no_error_shows_a_password() {
    for uri in [
        "postgres://ada:secret@[::1",
        "postgres://ada:secret@[]",
        "postgres://ada:secret@[::1]x",
        "postgres://ada:sec%zzret@host",
        "postgres://ada:sec%00ret@host",
        "postgres://ada:sec%ffret@host",
        "postgres://ada:sec ret@host",
        "postgres://ada:secr@et@host",
        "postgres://ada:secr@ret%zz@host",
        "postgres://ada:x/secret@host",
        "postgres://ada:secret/@host:1/db",
        "postgres://host?password=my%zzsecret",
        "postgres://host?password=my secret",
        "postgres://host?password=my&secret",
        "postgres://host?password=my&secret=1",
        "postgres://host?password=my=secret",
        "postgres://host?password=my&sec%zzret=1",
        "postgres://[::1?password=secret",
        "postgres://[::1]x?password=secret",
        "postgres://ada:secret@host?scram_client_key=secret",
    ] {
        let error = uri.parse::<Config>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("sec") && !shown.contains("ret"),
            "{uri}: {shown}"
        );
    }
}
