//! Verifiers as strings: what is read is written the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::auth::{Authenticated, Mock, Verifier, cleartext, md5};

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|byte| *byte == b'\n');
    let (stored, body) = data.split_at(split.unwrap_or(data.len()));
    let verifier: Option<Verifier> = str::from_utf8(stored).ok().and_then(|s| s.parse().ok());
    if let Some(Verifier::Scram(secret)) = &verifier
        && secret.iterations() > 10
    {
        return;
    }
    if let Some(verifier) = &verifier {
        let written = verifier.to_string();
        let again: Verifier = written.parse().expect("what was written can be read");
        assert_eq!(again.to_string(), written);
        assert!(!format!("{verifier:?}").contains(&written[3..]));
    }
    let body = body.get(1..).unwrap_or_default();
    let mock = Mock::new([1; 32], 1);
    let _: Result<Authenticated, _> = cleartext::check(body, b"ada", verifier.as_ref(), &mock);
    let md5 = md5::Server::for_user(b"ada", verifier.as_ref(), [1; 4]);
    let _: Result<Authenticated, _> = md5.verify(body);
});
