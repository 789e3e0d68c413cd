//! What holds for every connection string.

use proptest::prelude::*;

use super::ada;
use crate::config::{Config, Keyword};

/// Options whose text may be anything but a zero byte.
const FREE: &[Keyword] = &[
    Keyword::User,
    Keyword::Password,
    Keyword::Dbname,
    Keyword::Passfile,
    Keyword::Host,
    Keyword::Options,
    Keyword::ApplicationName,
    Keyword::SslRootCert,
    Keyword::SslPassword,
    Keyword::RequirePeer,
    Keyword::OauthScope,
];

fn configs() -> impl Strategy<Value = Config> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        r"[' \\=\t\n]{0,6}",
        "[^\0]{0,8}",
        Just(String::new()),
    ];
    let given = prop::collection::vec((prop::sample::select(FREE), text), 0..6);
    given.prop_map(|given| {
        given
            .into_iter()
            .fold(Config::new(), |config, (keyword, text)| {
                config.with(keyword, text)
            })
    })
}

/// Texts that are almost connection strings.
fn almost() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "postgres://",
            "postgresql://",
            "user",
            "password",
            "host",
            "port",
            "sslmode",
            "=",
            " ",
            "'",
            "\\",
            "@",
            ":",
            "/",
            "?",
            "&",
            ",",
            "[",
            "]",
            "%",
            "%20",
            "%00",
            "1",
            "é",
            "5432",
            "::1",
            "require_auth",
            "!md5",
            "keepalives",
            "verify-full",
            "ssl=true",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A text in which every byte but letters and digits is percent-encoded.
fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(config in configs()) {
        let written = config.to_string_with_secrets();
        prop_assert_eq!(written.parse::<Config>(), Ok(config));
    }

    #[test]
    fn uris_carry_any_text(
        user in "[^\0]{1,8}", password in "[^\0]{1,8}", folder in "/[^\0,]{0,8}", database in "[^\0]{1,8}",
        name in "[^\0]{0,8}",
    ) {
        let uri = format!(
            "postgres://{}:{}@{}/{}?application_name={}",
            encode(&user), encode(&password), encode(&folder), encode(&database), encode(&name),
        );
        let expected = Config::new()
            .user(user)
            .password(password)
            .host(folder)
            .database(database)
            .application_name(name);
        prop_assert_eq!(uri.parse::<Config>(), Ok(expected));
    }

    #[test]
    fn no_text_is_too_strange(text in almost()) {
        if let Ok(config) = text.parse::<Config>() {
            let again = config.to_string_with_secrets().parse::<Config>();
            prop_assert_eq!(again, Ok(config.clone()));
            if let Ok(resolved) = config.resolve(&ada()) {
                prop_assert!(!resolved.hosts.is_empty());
                prop_assert!(!resolved.user.is_empty() && !resolved.database.is_empty());
            }
        }
    }

    #[test]
    fn a_password_is_in_no_error(password in "[A-Z]{6,9}[ @/:?&=%'\\\\]{0,2}[A-Z]{6,9}", end in "[@/:?&= ,\\[\\]a-z]{0,6}") {
        for text in [
            format!("postgres://ada:{password}@{end}"),
            format!("postgres://host?password={password}&{end}"),
            format!("postgres://[::1/{end}?password={password}"),
            format!("user=ada password={password} {end}"),
            format!("password='{password}' {end}"),
        ] {
            if let Err(error) = text.parse::<Config>() {
                let shown = format!("{error} {error:?}");
                let leaked = password.split(|c: char| !c.is_ascii_uppercase()).any(|part| {
                    !part.is_empty() && shown.contains(part)
                });
                prop_assert!(!leaked, "{}: {}", text, shown);
            }
        }
    }
}
