//! Which of several sources counts: the string, then the service, then variables, then defaults.

use super::{ada, error, folder, resolve};
use crate::config::{Config, Environment, Keyword, SslMode, defaults};

/// An environment variable for every option that has one, and a text for it.
const VARIABLES: &[(&str, Keyword, &str)] = &[
    ("PGUSER", Keyword::User, "bob"),
    ("PGPASSWORD", Keyword::Password, "secret"),
    ("PGPASSFILE", Keyword::Passfile, "/no/file"),
    ("PGCHANNELBINDING", Keyword::ChannelBinding, "disable"),
    ("PGCONNECT_TIMEOUT", Keyword::ConnectTimeout, "7"),
    ("PGDATABASE", Keyword::Dbname, "app"),
    ("PGHOST", Keyword::Host, "db"),
    ("PGHOSTADDR", Keyword::Hostaddr, "::1"),
    ("PGPORT", Keyword::Port, "6000"),
    ("PGCLIENTENCODING", Keyword::ClientEncoding, "UTF8"),
    ("PGOPTIONS", Keyword::Options, "-c geqo=off"),
    ("PGAPPNAME", Keyword::ApplicationName, "tests"),
    ("PGSSLMODE", Keyword::SslMode, "require"),
    ("PGSSLNEGOTIATION", Keyword::SslNegotiation, "direct"),
    ("PGSSLCOMPRESSION", Keyword::SslCompression, "0"),
    ("PGSSLCERT", Keyword::SslCert, "/no/cert"),
    ("PGSSLKEY", Keyword::SslKey, "/no/key"),
    ("PGSSLCERTMODE", Keyword::SslCertMode, "disable"),
    ("PGSSLROOTCERT", Keyword::SslRootCert, "/no/root"),
    ("PGSSLCRL", Keyword::SslCrl, ""),
    ("PGSSLCRLDIR", Keyword::SslCrlDir, ""),
    ("PGSSLSNI", Keyword::SslSni, "0"),
    ("PGREQUIREPEER", Keyword::RequirePeer, "postgres"),
    ("PGREQUIREAUTH", Keyword::RequireAuth, "md5"),
    ("PGMINPROTOCOLVERSION", Keyword::MinProtocolVersion, "3.0"),
    ("PGMAXPROTOCOLVERSION", Keyword::MaxProtocolVersion, "3.2"),
    (
        "PGSSLMINPROTOCOLVERSION",
        Keyword::SslMinProtocolVersion,
        "TLSv1.3",
    ),
    (
        "PGSSLMAXPROTOCOLVERSION",
        Keyword::SslMaxProtocolVersion,
        "TLSv1.3",
    ),
    ("PGGSSENCMODE", Keyword::GssEncMode, "disable"),
    ("PGKRBSRVNAME", Keyword::KrbSrvName, "pg"),
    ("PGGSSLIB", Keyword::GssLib, "gssapi"),
    ("PGGSSDELEGATION", Keyword::GssDelegation, "1"),
    (
        "PGTARGETSESSIONATTRS",
        Keyword::TargetSessionAttrs,
        "standby",
    ),
    ("PGLOADBALANCEHOSTS", Keyword::LoadBalanceHosts, "random"),
];

#[test]
fn every_variable_stands_in_for_its_option() {
    let mut around = Environment::empty();
    for (name, _, text) in VARIABLES {
        around = around.variable(*name, *text);
    }
    let mut config = Config::new();
    defaults::fill(&mut config.settings, &around).unwrap();
    for (name, keyword, text) in VARIABLES {
        assert_eq!(config.text(*keyword), Some(*text), "{name}");
        assert_eq!(keyword.variable(), Some(*name));
    }
    let named = Keyword::ALL
        .iter()
        .filter(|keyword| keyword.variable().is_some());
    assert_eq!(named.count(), VARIABLES.len() + 1, "all but PGSERVICE");
    config.resolve(&Environment::empty()).unwrap();
}

#[test]
fn the_string_comes_before_variables_even_when_empty() {
    let around = ada()
        .variable("PGUSER", "bob")
        .variable("PGHOST", "db")
        .variable("PGDATABASE", "app")
        .variable("PGPASSWORD", "secret");
    let resolved = resolve("user=eve", &around).unwrap();
    assert_eq!(resolved.user, "eve");
    assert_eq!(resolved.database, "app");

    let resolved = resolve("user='' dbname='' host='' password=''", &around).unwrap();
    assert_eq!(resolved.user, "ada");
    assert_eq!(resolved.database, "ada");
    assert_eq!(resolved.hosts[0].name.as_deref(), Some("/tmp"));
    assert_eq!(resolved.hosts[0].password, None);

    // A URI without a database leaves it open, one that names it does not.
    assert_eq!(resolve("postgres://", &around).unwrap().database, "app");
    assert_eq!(resolve("postgres:///", &around).unwrap().database, "app");
    assert_eq!(resolve("postgres:///x", &around).unwrap().database, "x");
}

#[test]
fn a_service_stands_between_the_string_and_variables() {
    let home = folder(&[(
        ".pg_service.conf",
        "[s]\nhost=service\nport=7000\nuser=service\n",
    )]);
    let around = ada()
        .home(home.path())
        .variable("PGHOST", "variable")
        .variable("PGDATABASE", "variable");
    let resolved = resolve("service=s user=string", &around).unwrap();
    assert_eq!(resolved.user, "string");
    assert_eq!(resolved.hosts[0].name.as_deref(), Some("service"));
    assert_eq!(resolved.hosts[0].port, 7000);
    assert_eq!(resolved.database, "variable");
}

#[test]
fn wrong_variables_are_named_and_only_looked_at_when_they_count() {
    let around = ada().variable("PGSSLMODE", "none");
    assert_eq!(
        error("", &around),
        "environment variable PGSSLMODE: invalid sslmode value: \"none\""
    );
    assert_eq!(
        resolve("sslmode=allow", &around).unwrap().tls.mode,
        SslMode::Allow
    );

    let around = ada().variable("PGPORT", "http");
    assert_eq!(
        error("", &around),
        "environment variable PGPORT: invalid integer value \"http\" for connection option \"port\""
    );
    let around = ada().variable("PGGSSENCMODE", "require");
    assert!(
        error("", &around).starts_with(
            "environment variable PGGSSENCMODE: gssencmode=require is not supported: "
        )
    );
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_utf8_are_refused() {
    use std::os::unix::ffi::OsStringExt as _;

    let around = ada().variable("PGUSER", std::ffi::OsString::from_vec(vec![0xff]));
    assert_eq!(
        error("", &around),
        "environment variable PGUSER is not UTF-8"
    );
}

#[test]
fn the_old_way_to_require_tls_still_works() {
    let mode = |text: &str, around: &Environment| resolve(text, around).unwrap().tls.mode;
    let around = ada().variable("PGREQUIRESSL", "1");
    assert_eq!(mode("host=a", &around), SslMode::Require);
    assert_eq!(mode("host=a sslmode=prefer", &around), SslMode::Prefer);
    let both = around.variable("PGSSLMODE", "allow");
    assert_eq!(mode("host=a", &both), SslMode::Allow);
    assert_eq!(
        mode("host=a", &ada().variable("PGREQUIRESSL", "0")),
        SslMode::Prefer
    );
}

#[test]
fn without_a_user_there_is_no_connection() {
    assert_eq!(
        error("host=a", &Environment::empty()),
        "could not look up the name of the operating system user: give one with user or PGUSER"
    );
}

#[test]
fn this_process_has_surroundings() {
    let resolved = resolve(
        "dbname=app sslmode=disable host=a port=1",
        &Environment::of_process(),
    );
    // Whatever variables the tests run under, these were given.
    if let Ok(resolved) = resolved {
        assert_eq!(resolved.database, "app");
        assert_eq!(resolved.hosts[0].port, 1);
    }
}
