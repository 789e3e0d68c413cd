//! Percent-encoding in URIs (RFC 3986, 2.1).

use zeroize::Zeroizing;

use super::ConfigError;

/// Decodes a part of a URI. Spaces around it do not count, and there may be none within.
///
/// `secret` keeps the part out of the errors.
pub(super) fn decode(part: &str, secret: bool) -> Result<Zeroizing<String>, ConfigError> {
    let shown = || (!secret && !part.contains('@')).then(|| part.to_owned());
    let text = part.trim_matches(' ');
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t'..=b'\r' => return Err(ConfigError::UnexpectedSpaces(shown())),
            b'%' => match (bytes.next().and_then(digit), bytes.next().and_then(digit)) {
                (Some(0), Some(0)) => return Err(ConfigError::PercentNul(shown())),
                (Some(high), Some(low)) => decoded.push(high << 4 | low),
                _ => return Err(ConfigError::BadPercent(shown())),
            },
            _ => decoded.push(byte),
        }
    }
    match std::str::from_utf8(&decoded) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(ConfigError::PercentNotUtf8(shown())),
    }
}

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_bytes() {
        for (part, expected) in [
            ("", Ok("")),
            ("%41%6a%6A", Ok("Ajj")),
            ("%2Fvar%2frun", Ok("/var/run")),
            ("%C3%a9", Ok("é")),
            ("  a%20b ", Ok("a b")),
            ("a+b", Ok("a+b")),
            ("%25", Ok("%")),
            ("%2", Err(ConfigError::BadPercent(Some("%2".to_owned())))),
            ("%é", Err(ConfigError::BadPercent(Some("%é".to_owned())))),
            (
                "%0 0",
                Err(ConfigError::BadPercent(Some("%0 0".to_owned()))),
            ),
            (
                "a%00",
                Err(ConfigError::PercentNul(Some("a%00".to_owned()))),
            ),
            (
                "%ff",
                Err(ConfigError::PercentNotUtf8(Some("%ff".to_owned()))),
            ),
            (
                "a b",
                Err(ConfigError::UnexpectedSpaces(Some("a b".to_owned()))),
            ),
            (
                "a\t",
                Err(ConfigError::UnexpectedSpaces(Some("a\t".to_owned()))),
            ),
        ] {
            let decoded = decode(part, false);
            assert_eq!(
                decoded.as_ref().map(|text| text.as_str()),
                expected.as_ref().copied(),
                "{part}"
            );
        }
        assert_eq!(
            decode("%zz", true).map(|_| ()),
            Err(ConfigError::BadPercent(None))
        );
    }
}
