use super::*;
use alloc::format;
use alloc::string::ToString;
use proptest::prelude::*;

fn fields(json: &str) -> Result<(String, Option<String>, Option<String>), ChallengeError> {
    let challenge = Challenge::parse(json.as_bytes())?;
    Ok((challenge.status, challenge.discovery_url, challenge.scope))
}

#[test]
fn what_postgresql_sends() {
    let json = "{ \"status\": \"invalid_token\", \"openid-configuration\": \"https://id.example/.well-known/openid-configuration\", \"scope\": \"openid postgres\" }";
    let challenge = Challenge::parse(json.as_bytes()).expect("what PostgreSQL sends");
    assert!(challenge.wants_token());
    assert_eq!(
        challenge.discovery_url.as_deref(),
        Some("https://id.example/.well-known/openid-configuration")
    );
    assert_eq!(challenge.scope.as_deref(), Some("openid postgres"));
}

#[test]
fn other_fields_are_passed_over() {
    let json = "\t{\"a\":[1,-0.5e+3,[],{}, null ,true,false,\"\\\"\"],\"status\":\"x\\u00e9\\ud83d\\ude00\\n\\/\",\"b\":{\"status\":1}}\r\n";
    assert_eq!(fields(json), Ok(("xé😀\n/".into(), None, None)));
}

#[test]
fn what_is_wrong_is_told() {
    use ChallengeError::{Duplicate, Json, NoStatus, NotAString, NotAnObject, TooDeep};
    for (json, expected) in [
        ("", Json { at: 0 }),
        ("[]", NotAnObject),
        ("\"status\"", NotAnObject),
        ("{}", NoStatus),
        ("{\"scope\":\"a\"}", NoStatus),
        ("{\"status\":1}", NotAString("status")),
        ("{\"status\":{}}", NotAString("status")),
        ("{\"status\":null}", NotAString("status")),
        (
            "{\"status\":\"a\",\"openid-configuration\":[\"a\"]}",
            NotAString("openid-configuration"),
        ),
        ("{\"status\":\"a\",\"status\":\"a\"}", Duplicate("status")),
        (
            "{\"status\":\"a\",\"scope\":\"a\",\"scope\":\"b\"}",
            Duplicate("scope"),
        ),
        ("{\"status\":\"a\"", Json { at: 13 }),
        ("{\"status\":\"a\"}x", Json { at: 14 }),
        ("{\"status\":\"a\",}", Json { at: 14 }),
        ("{\"a\":01,\"status\":\"a\"}", Json { at: 7 }),
        ("{\"a\":1.,\"status\":\"a\"}", Json { at: 7 }),
        ("{\"a\":tru}", Json { at: 5 }),
        ("{\"status\":\"\\u0000\"}", Json { at: 17 }),
        ("{\"status\":\"\\ud800\"}", Json { at: 17 }),
        ("{\"status\":\"\\ud800\\u0041\"}", Json { at: 23 }),
        ("{\"status\":\"\\u+041\"}", Json { at: 13 }),
        ("{\"status\":\"a\nb\"}", Json { at: 12 }),
        ("{status:\"a\"}", Json { at: 1 }),
    ] {
        assert_eq!(fields(json), Err(expected), "{json}");
    }
    assert_eq!(
        Challenge::parse(b"{\"status\":\"\xff\"}"),
        Err(ChallengeError::Utf8)
    );
    // SEC-67: the object itself is the first level.
    let nested = |depth: usize| {
        format!(
            "{{\"status\":\"a\",\"b\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(fields(&nested(15)).is_ok());
    assert_eq!(fields(&nested(16)), Err(TooDeep));
    assert_eq!(fields(&nested(100_000)), Err(TooDeep));
}

/// Whatever comes, cut anywhere: an answer or an error.
#[test]
fn cut_short_it_is_an_error() {
    let json = "{\"status\":\"\\u00e9\\\\\",\"scope\":\"a\",\"x\":[-1.5e7,{\"y\":null}]}";
    for (end, _) in json.char_indices() {
        let cut = json.get(..end).unwrap_or_default();
        assert!(fields(cut).is_err(), "{cut}");
    }
}

/// The rules of libpq's `issuer_from_well_known_uri`.
#[test]
fn issuers() {
    for (url, issuer) in [
        (
            "https://id.example/.well-known/openid-configuration",
            "https://id.example",
        ),
        (
            "https://id.example:8443/staff/.well-known/openid-configuration",
            "https://id.example:8443/staff",
        ),
        (
            "https://id.example/.well-known/openid-configuration/staff",
            "https://id.example/staff",
        ),
        (
            "https://id.example/.well-known/oauth-authorization-server",
            "https://id.example",
        ),
        (
            "https://id.example/.well-known/oauth-authorization-server/a/b",
            "https://id.example/a/b",
        ),
        (
            "HTTPS://id.example/.well-known/openid-configuration",
            "HTTPS://id.example",
        ),
    ] {
        assert_eq!(issuer_of(url).as_deref(), Ok(issuer), "{url}");
    }
}

#[test]
fn urls_of_no_issuer() {
    use DiscoveryUrlError::{Document, NotHttps, NotWellKnown, Place, QueryOrFragment};
    for (url, expected) in [
        ("", NotHttps),
        (
            "http://id.example/.well-known/openid-configuration",
            NotHttps,
        ),
        ("//id.example/.well-known/openid-configuration", NotHttps),
        (
            "https://id.example/.well-known/openid-configuration?a",
            QueryOrFragment,
        ),
        (
            "https://evil.example?/.well-known/openid-configuration",
            QueryOrFragment,
        ),
        (
            "https://evil.example#/.well-known/openid-configuration",
            QueryOrFragment,
        ),
        ("https://id.example", NotWellKnown),
        (
            "https://id.example/.Well-Known/openid-configuration",
            NotWellKnown,
        ),
        ("https://id.example/.well-known/", Document),
        (
            "https://id.example/.well-known/openid-configuration-bad",
            Document,
        ),
        ("https://id.example/.well-known/other", Document),
        (
            "https://id.example/a/.well-known/openid-configuration/b",
            Place,
        ),
        (
            "https://id.example/a/.well-known/oauth-authorization-server/",
            Place,
        ),
    ] {
        assert_eq!(issuer_of(url), Err(expected), "{url}");
        assert!(!expected.to_string().is_empty());
    }
}

proptest! {
    #[test]
    fn arbitrary_answers_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        pieces in prop::collection::vec(
            prop::sample::select(&["{", "}", "[", "]", "\"", ":", ",", "\\", "\\u", "d8", "00", "status", "-", "1", "e", ".", " "][..]),
            0..32,
        ),
    ) {
        let _ = Challenge::parse(&bytes);
        let _ = Challenge::parse(pieces.concat().as_bytes());
        let _ = issuer_of(&String::from_utf8_lossy(&bytes));
    }
}
