//! Every option's meaning, its default, and what it cannot be.

use std::time::Duration;

use super::{ada, error, folder, resolve};
use crate::config::{
    ChannelBinding, Config, GssLibrary, Keepalives, Keyword, LoadBalance, Method, Methods,
    ProtocolVersion, Replication, RequireAuth, SslMode, SslNegotiation, TargetSession,
    Verification,
};

#[test]
fn nothing_said_means_libpqs_defaults() {
    let resolved = resolve("", &ada()).unwrap();
    assert_eq!(resolved.user, "ada");
    assert_eq!(resolved.database, "ada");
    assert_eq!(resolved.hosts.len(), 1);
    assert_eq!(resolved.hosts[0].password, None);
    assert_eq!(resolved.tls.mode, SslMode::Prefer);
    assert_eq!(resolved.tls.negotiation, SslNegotiation::Postgres);
    assert!(resolved.tls.server_name_indication);
    assert_eq!(resolved.login.require, None);
    assert_eq!(resolved.login.channel_binding, ChannelBinding::Prefer);
    assert_eq!(resolved.login.gss.service, "postgres");
    assert_eq!(resolved.tcp.keepalives, Some(Keepalives::default()));
    assert_eq!(resolved.tcp.user_timeout, None);
    assert_eq!(resolved.connect_timeout, None);
    assert_eq!(resolved.protocol.min, ProtocolVersion::V3_0);
    assert_eq!(resolved.protocol.max, ProtocolVersion::V3_0);
    assert_eq!(resolved.target_session, TargetSession::Any);
    assert_eq!(resolved.load_balance, LoadBalance::Disable);
    assert_eq!(resolved.replication, None);
    let parameters: Vec<_> = resolved.startup_parameters().collect();
    assert_eq!(
        parameters,
        [
            ("user", "ada"),
            ("database", "ada"),
            ("client_encoding", "UTF8")
        ]
    );
}

#[test]
fn the_startup_message_says_what_was_given() {
    let around = ada()
        .variable("PGDATESTYLE", "ISO, DMY")
        .variable("PGTZ", "UTC")
        .variable("PGGEQO", "Default");
    let text = "user=bob dbname=app application_name=tests fallback_application_name=other \
        options='-c geqo=off' replication=database client_encoding=utf-8";
    let resolved = resolve(text, &around).unwrap();
    let parameters: Vec<_> = resolved.startup_parameters().collect();
    assert_eq!(
        parameters,
        [
            ("user", "bob"),
            ("database", "app"),
            ("replication", "database"),
            ("options", "-c geqo=off"),
            ("application_name", "tests"),
            ("client_encoding", "UTF8"),
            ("datestyle", "ISO, DMY"),
            ("timezone", "UTC"),
        ]
    );
}

#[test]
fn the_second_application_name_stands_in_for_the_first() {
    let name = |text| resolve(text, &ada()).unwrap().application_name;
    assert_eq!(name("fallback_application_name=b"), Some("b".to_owned()));
    assert_eq!(
        name("fallback_application_name=b application_name=a"),
        Some("a".to_owned())
    );
    assert_eq!(
        name("fallback_application_name=b application_name=''"),
        None
    );
}

#[test]
fn numbers_are_times_and_counts() {
    let text = "connect_timeout=3 keepalives_idle=4 keepalives_interval=5 keepalives_count=6 \
        tcp_user_timeout=1500";
    let resolved = resolve(text, &ada()).unwrap();
    assert_eq!(resolved.connect_timeout, Some(Duration::from_secs(3)));
    assert_eq!(resolved.tcp.user_timeout, Some(Duration::from_millis(1500)));
    let keepalives = resolved.tcp.keepalives.unwrap();
    assert_eq!(keepalives.idle, Some(Duration::from_secs(4)));
    assert_eq!(keepalives.interval, Some(Duration::from_secs(5)));
    assert_eq!(keepalives.count, Some(6));

    let resolved = resolve("keepalives=0 connect_timeout=' -1 '", &ada()).unwrap();
    assert_eq!(resolved.tcp.keepalives, None);
    assert_eq!(resolved.connect_timeout, None);

    for keyword in [
        "connect_timeout",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
    ] {
        for text in ["x", "1s", "", "1.5", "2147483648"] {
            assert_eq!(
                error(&format!("{keyword}='{text}'"), &ada()),
                format!("invalid integer value \"{text}\" for connection option \"{keyword}\"")
            );
        }
    }
}

#[test]
fn words_are_checked() {
    for keyword in [
        "sslmode",
        "sslnegotiation",
        "sslcertmode",
        "sslsni",
        "channel_binding",
        "require_auth",
        "target_session_attrs",
        "load_balance_hosts",
        "gssencmode",
        "gsslib",
        "gssdelegation",
        "replication",
        "min_protocol_version",
        "max_protocol_version",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
    ] {
        assert_eq!(
            error(&format!("{keyword}=Nonsense"), &ada()),
            format!("invalid {keyword} value: \"Nonsense\"")
        );
    }
    // Where the empty text is not a default it is as wrong as any other.
    for keyword in ["sslmode", "target_session_attrs", "channel_binding"] {
        assert_eq!(
            error(&format!("{keyword}=''"), &ada()),
            format!("invalid {keyword} value: \"\"")
        );
    }
}

#[test]
fn words_are_understood() {
    for (word, mode) in [
        ("disable", SslMode::Disable),
        ("allow", SslMode::Allow),
        ("prefer", SslMode::Prefer),
        ("require", SslMode::Require),
    ] {
        let resolved = resolve(&format!("host=a sslmode={word}"), &ada()).unwrap();
        assert_eq!(resolved.tls.mode, mode);
    }
    for (word, target) in [
        ("any", TargetSession::Any),
        ("read-write", TargetSession::ReadWrite),
        ("read-only", TargetSession::ReadOnly),
        ("primary", TargetSession::Primary),
        ("standby", TargetSession::Standby),
        ("prefer-standby", TargetSession::PreferStandby),
    ] {
        let resolved = resolve(&format!("target_session_attrs={word}"), &ada()).unwrap();
        assert_eq!(resolved.target_session, target);
    }
    for (word, replication) in [
        ("database", Some(Replication::Logical)),
        ("TRUE", Some(Replication::Physical)),
        ("1", Some(Replication::Physical)),
        ("off", None),
        ("''", None),
    ] {
        let resolved = resolve(&format!("replication={word}"), &ada()).unwrap();
        assert_eq!(resolved.replication, replication);
    }
    let text = "load_balance_hosts=random channel_binding=require require_auth=scram-sha-256 \
        gsslib=sspi gssdelegation=1 krbsrvname=pg requirepeer=postgres sslsni=0";
    let resolved = resolve(text, &ada()).unwrap();
    assert_eq!(resolved.load_balance, LoadBalance::Random);
    assert_eq!(resolved.login.channel_binding, ChannelBinding::Require);
    assert_eq!(
        resolved.login.require,
        Some(RequireAuth::Only(Methods::EMPTY.with(Method::Scram)))
    );
    assert_eq!(resolved.login.gss.library, Some(GssLibrary::Sspi));
    assert!(resolved.login.gss.delegation);
    assert_eq!(resolved.login.gss.service, "pg");
    assert_eq!(resolved.require_peer.as_deref(), Some("postgres"));
    assert!(!resolved.tls.server_name_indication);
}

#[test]
fn protocol_versions_have_an_order() {
    const V3_0: ProtocolVersion = ProtocolVersion::V3_0;
    const V3_2: ProtocolVersion = ProtocolVersion::V3_2;

    for (text, min, max) in [
        ("max_protocol_version=latest", V3_0, V3_2),
        ("max_protocol_version=3.2", V3_0, V3_2),
        ("min_protocol_version=3.2", V3_2, V3_2),
        ("min_protocol_version=3.0", V3_0, V3_0),
        (
            "min_protocol_version=latest max_protocol_version=3.2",
            V3_2,
            V3_2,
        ),
    ] {
        let protocol = resolve(text, &ada()).unwrap().protocol;
        assert_eq!((protocol.min, protocol.max), (min, max), "{text}");
    }
    assert_eq!(
        error("min_protocol_version=3.2 max_protocol_version=3.0", &ada()),
        "\"min_protocol_version\" is greater than \"max_protocol_version\""
    );
    assert_eq!(
        error("max_protocol_version=3.1", &ada()),
        "invalid max_protocol_version value: \"3.1\""
    );
}

#[test]
fn the_services_name_has_a_default() {
    for text in ["", "krbsrvname=''", "krbsrvname=postgres"] {
        assert_eq!(resolve(text, &ada()).unwrap().login.gss.service, "postgres");
    }
}

#[test]
fn scram_keys() {
    let key = "A".repeat(43) + "=";
    let both = format!("scram_client_key={key} scram_server_key={key}");
    let resolved = resolve(&both, &ada()).unwrap();
    assert!(resolved.login.scram_keys.is_some());
    // Each may be said elsewhere.
    let service = format!("[s]\nscram_client_key={key}\n");
    let home = folder(&[(".pg_service.conf", &service)]);
    let around = ada().home(home.path());
    let apart = format!("service=s scram_server_key={key}");
    let resolved = resolve(&apart, &around).unwrap();
    assert!(resolved.login.scram_keys.is_some());
    assert!(
        resolve("scram_client_key=''", &ada())
            .unwrap()
            .login
            .scram_keys
            .is_none()
    );
    for (text, complaint) in [
        (
            format!("scram_client_key={key}"),
            "scram_client_key and scram_server_key belong together",
        ),
        (
            format!("scram_server_key={key}"),
            "scram_client_key and scram_server_key belong together",
        ),
        (
            format!("scram_client_key=AAAA scram_server_key={key}"),
            "invalid SCRAM client key",
        ),
        (
            format!("scram_client_key={key} scram_server_key=%"),
            "invalid SCRAM server key",
        ),
    ] {
        let told = error(&text, &ada());
        assert!(told.starts_with(complaint), "{told}");
        assert!(!told.contains("AAA"), "{told}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    for (text, option) in [
        (
            "gssencmode=require",
            "gssencmode=require is not supported: ",
        ),
        ("sslkey=pkcs11:key", "sslkey=pkcs11:key is not supported: "),
        (
            "client_encoding=LATIN1",
            "client_encoding=LATIN1 is not supported: ",
        ),
        (
            "ssl_max_protocol_version=TLSv1.1",
            "ssl_max_protocol_version=TLSv1.1 is not supported: ",
        ),
    ] {
        let told = error(text, &ada());
        assert!(told.starts_with(option), "{told}");
    }
    for text in [
        "gssencmode=prefer",
        "gssencmode=disable",
        "sslcrl=''",
        "sslcompression=1",
        "client_encoding=UTF8",
        "client_encoding=auto",
        "ssl_min_protocol_version=TLSv1",
    ] {
        resolve(text, &ada()).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn builder_methods_say_what_a_string_says() {
    let built = Config::new()
        .user("ada")
        .password("it's \\ me")
        .database("app")
        .hosts([("a", 1), ("b", 2)])
        .application_name("tests")
        .options("-c geqo=off")
        .connect_timeout(Duration::from_millis(2500))
        .tcp_user_timeout(Duration::from_micros(1_500_001))
        .keepalives(None)
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct)
        .channel_binding(ChannelBinding::Require)
        .require_auth(Methods::ALL.without(Method::Password))
        .target_session(TargetSession::Primary)
        .load_balance(LoadBalance::Random)
        .protocol(ProtocolVersion::V3_0, ProtocolVersion::V3_2)
        .replication(Replication::Logical);
    let written: Config = r"user=ada password='it\'s \\ me' dbname=app host=a,b port=1,2
        application_name=tests options='-c geqo=off' connect_timeout=3 tcp_user_timeout=1501
        keepalives=0 sslmode=require sslnegotiation=direct channel_binding=require
        require_auth=none,md5,scram-sha-256,oauth,gss,sspi target_session_attrs=primary
        load_balance_hosts=random min_protocol_version=3.0 max_protocol_version=3.2
        replication=database"
        .parse()
        .unwrap();
    assert_eq!(built, written);
    assert_eq!(built.resolve(&ada()), written.resolve(&ada()));

    let keepalives = Keepalives {
        idle: Some(Duration::from_secs(9)),
        interval: None,
        count: Some(3),
    };
    let resolved = Config::new()
        .keepalives(Some(keepalives))
        .resolve(&ada())
        .unwrap();
    assert_eq!(resolved.tcp.keepalives, Some(keepalives));
}

#[test]
fn what_a_builder_was_given_is_checked_when_resolving() {
    let zero = Config::new().user("a\0b").resolve(&ada());
    assert_eq!(
        zero.unwrap_err().to_string(),
        "connection option \"user\" holds a zero byte: the protocol ends strings with one"
    );
    let unknown = Config::new().with(Keyword::SslMode, "none").resolve(&ada());
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "invalid sslmode value: \"none\""
    );
}

#[test]
fn the_password_in_clear_is_for_servers_that_are_known() {
    // SEC-27
    let takes = |text: &str, verified| allowed(text, verified).contains(Method::Password);
    assert!(!takes("host=a", None));
    assert!(!takes("host=a", Some(Verification::Nothing)));
    assert!(takes("host=a", Some(Verification::Chain)));
    assert!(takes("host=a", Some(Verification::ChainAndName)));
    assert!(takes("host=/run", None));
    assert!(takes("host=a require_auth=password", None));
    assert!(!takes("host=/run require_auth=!password", None));
    // To forbid another method does not allow this one.
    assert!(!takes("host=a require_auth=!md5", None));
    assert!(!takes(
        "host=a require_auth=!md5",
        Some(Verification::Nothing)
    ));
    assert!(takes("host=a require_auth=!md5", Some(Verification::Chain)));
    assert!(takes("host=/run require_auth=!md5", None));

    let text = "host=a channel_binding=require min_protocol_version=3.2 require_auth=md5";
    let resolved = resolve(text, &ada()).unwrap();
    let policy = resolved.policy(&resolved.hosts[0], None);
    assert!(policy.require_binding);
    assert_eq!(policy.min_version, ProtocolVersion::V3_2);
    assert_eq!(policy.methods, Methods::EMPTY.with(Method::Md5));
}

#[test]
fn a_token_is_for_servers_that_are_known() {
    let takes = |text: &str, verified| allowed(text, verified).contains(Method::OAuth);
    for (said, unknown, known) in [
        ("", false, true),
        (" require_auth=!md5", false, true),
        (" require_auth=!oauth", false, false),
        (" require_auth=oauth", true, true),
        (" require_auth=md5", false, false),
    ] {
        let (tcp, local) = (format!("host=a{said}"), format!("host=/run{said}"));
        assert!(!takes(&tcp, None), "{said}");
        assert_eq!(takes(&tcp, Some(Verification::Nothing)), unknown, "{said}");
        assert_eq!(takes(&tcp, Some(Verification::Chain)), known, "{said}");
        assert_eq!(takes(&local, None), known, "{said}");
    }
}

/// The methods that the first host may ask for.
fn allowed(text: &str, verified: Option<Verification>) -> Methods {
    let resolved = resolve(text, &ada()).unwrap();
    resolved.policy(&resolved.hosts[0], verified).methods
}
