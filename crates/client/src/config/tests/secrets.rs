//! Secrets are in none of the texts that end up in logs.

use super::ada;
use crate::config::{Config, Keyword};

#[test]
fn nothing_shows_a_secret() {
    let mut config = Config::new().user("ada").host("a").database("app");
    for keyword in Keyword::ALL.iter().filter(|keyword| keyword.is_secret()) {
        config = config.with(*keyword, "hidden");
    }
    assert_eq!(config.to_string(), "user=ada dbname=app host=a");

    let refused = config.resolve(&ada()).unwrap_err();
    let resolved = config
        .clone()
        .with(Keyword::ScramClientKey, "")
        .with(Keyword::ScramServerKey, "")
        .resolve(&ada())
        .unwrap();
    let around = ada().variable("PGPASSWORD", "hidden");
    for shown in [
        config.to_string(),
        format!("{config:?} {config:#?}"),
        format!("{resolved:?} {resolved:#?}"),
        format!("{refused} {refused:?}"),
        format!("{around:?} {around:#?}"),
    ] {
        assert!(!shown.contains("hidden"), "{shown}");
    }
    // They are there all the same.
    assert!(config.to_string_with_secrets().contains("password=hidden"));
    let password = resolved.hosts[0].password.as_ref().unwrap();
    assert_eq!(password.as_bytes(), b"hidden");
    assert!(resolved.login.oauth.client_secret.is_some());
}
