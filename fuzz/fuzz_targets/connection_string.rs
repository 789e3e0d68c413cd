//! Connection strings in both grammars: what is read is written and read as the same, and no error shows a password.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_client::{Config, Environment};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Ok(config) = text.parse::<Config>() {
        let written = config.to_string_with_secrets();
        let again: Config = written.parse().expect("what was written can be read");
        assert_eq!(again, config);
        let shown: Config = config.to_string().parse().expect("without secrets as well");
        assert_eq!(shown.to_string(), config.to_string());
        // Surroundings without a home folder have no files, but the string may name some, and those are not for a fuzzer to read.
        let named = text.contains("passfile") || text.contains("service") || text.contains('%');
        if !named && let Ok(resolved) = config.resolve(&Environment::empty().user("ada")) {
            assert!(!resolved.hosts.is_empty());
            assert!(resolved.startup_parameters().count() >= 3);
        }
    }
    // A text that is one value as it stands, as a password before something that is wrong.
    if !text.contains(['\'', '\\', '=', '\0']) && text.len() > 3 {
        let secret = format!("<{}>", text.replace(char::is_whitespace, "_"));
        for broken in [
            format!("password={secret} {secret}"),
            format!("postgres://ada:{secret}@[::1"),
            format!("postgres://host/db?password={secret}%zz"),
        ] {
            if let Err(error) = broken.parse::<Config>() {
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains(&secret), "{shown}");
            }
        }
    }
});
