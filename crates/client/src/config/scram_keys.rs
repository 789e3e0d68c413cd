//! `scram_client_key` and `scram_server_key`: a login without the password (PostgreSQL docs 32.1.2, RFC 5802).

use zeroize::Zeroizing;

use super::settings::Settings;
use super::{ConfigError, Keyword, Secret};

/// The two keys that SCRAM-SHA-256 derives from a password, 32 bytes each. Either may stand alone: the other is derived then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScramKeys {
    /// ClientKey, which makes the client's proof.
    pub client: Option<Secret>,
    /// ServerKey, which checks the server's.
    pub server: Option<Secret>,
}

impl ScramKeys {
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>, ConfigError> {
        let key = |keyword| settings.filled(keyword).map(|text| read(keyword, text));
        let client = key(Keyword::ScramClientKey).transpose()?;
        let server = key(Keyword::ScramServerKey).transpose()?;
        let any = client.is_some() || server.is_some();
        Ok(any.then_some(Self { client, server }))
    }
}

/// Reads 32 bytes in base64.
fn read(keyword: Keyword, text: &str) -> Result<Secret, ConfigError> {
    match decode(text).filter(|key| key.len() == 32) {
        Some(key) => Ok(Secret::from(key.to_vec())),
        None => Err(ConfigError::InvalidScramKey(keyword)),
    }
}

/// Base64 with padding (RFC 4648, 4).
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3));
    let (mut bits, mut held) = (0u32, 0u32);
    for digit in digits.bytes() {
        bits = bits << 6 | u32::from(value(digit)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held).to_le_bytes()[0]);
            bits &= (1 << held) - 1;
        }
    }
    // What is left of the last digit must be zero, or two texts would mean the same key.
    (bits == 0).then_some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, expected) in [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm8=", Some("fo")),
            ("Zm9v", Some("foo")),
            ("Zm9vYmFy", Some("foobar")),
            ("Zh==", None),
            ("Zg=", None),
            ("Z===", None),
            ("====", None),
            ("Zm9v!mFy", None),
        ] {
            let decoded = decode(text).map(|bytes| bytes.to_vec());
            assert_eq!(
                decoded,
                expected.map(|text| text.as_bytes().to_vec()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_key_has_32_bytes() {
        let zeros = format!("{}=", "A".repeat(43));
        let key = read(Keyword::ScramClientKey, &zeros);
        assert_eq!(key.as_ref().map(Secret::as_bytes), Ok([0; 32].as_slice()));
        let short = read(Keyword::ScramServerKey, "AAAA");
        assert_eq!(
            short,
            Err(ConfigError::InvalidScramKey(Keyword::ScramServerKey))
        );
    }
}
