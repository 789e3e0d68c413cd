//! Secrets are in none of the texts that end up in logs.

use super::ada;
use crate::config::{Config, Keyword};

#[test]
fn nothing_shows_a_secret() {
    let key = format!("{}=", "A".repeat(43));
    let mut config = Config::new().user("ada").host("a").database("app");
    for keyword in Keyword::ALL.iter().filter(|keyword| keyword.is_secret()) {
        let is_key = keyword.name().starts_with("scram");
        let text = if is_key { key.as_str() } else { "hidden" };
        config = config.with(*keyword, text);
    }
    assert_eq!(config.to_string(), "user=ada dbname=app host=a");

    let resolved = config.resolve(&ada()).unwrap();
    let around = ada().variable("PGPASSWORD", "hidden");
    for shown in [
        config.to_string(),
        format!("{config:?} {config:#?}"),
        format!("{resolved:?} {resolved:#?}"),
        format!("{around:?} {around:#?}"),
    ] {
        assert!(
            !shown.contains("hidden") && !shown.contains("AAAA"),
            "{shown}"
        );
    }
    // They are there all the same.
    assert!(config.to_string_with_secrets().contains("password=hidden"));
    let password = resolved.hosts[0].password.as_ref().unwrap();
    assert_eq!(password.as_bytes(), b"hidden");
    assert!(resolved.login.scram_keys.unwrap().client.is_some());
    assert!(resolved.login.oauth.client_secret.is_some());
}

#[test]
fn a_key_that_is_wrong_is_not_shown() {
    let config = Config::new().with(Keyword::ScramClientKey, "hidden");
    let error = config.resolve(&ada()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid scram_client_key: it should be 32 bytes in base64"
    );
    assert!(!format!("{error:?}").contains("hidden"));
}
