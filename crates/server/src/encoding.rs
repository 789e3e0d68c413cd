//! The encodings that clients ask for, and the one that is spoken.

use trunkline_proto::SqlState;

use crate::{Error, Result};

/// What the setting `client_encoding` becomes when a client asks for `name`: `UTF8`, or `SQL_ASCII`, with which a client takes the
/// same bytes as they are. The library asks this of the startup packet; a session that has SET asks it there.
///
/// ```
/// use trunkline_server::{SqlState, client_encoding};
///
/// assert_eq!(client_encoding("utf-8")?, "UTF8");
/// let refused = client_encoding("LATIN1").unwrap_err();
/// assert_eq!(refused.sqlstate(), SqlState::FEATURE_NOT_SUPPORTED);
/// # Ok::<_, trunkline_server::Error>(())
/// ```
///
/// # Errors
///
/// As PostgreSQL's: 0A000 for an encoding without a conversion from and to UTF8, which is every other one here; 22023 for a name
/// that is none.
pub fn client_encoding(name: &str) -> Result<&'static str> {
    let invalid = |state| {
        let message = format!("invalid value for parameter \"client_encoding\": \"{name}\"");
        Error::new(state, message).hint("This server speaks UTF8.")
    };
    match encoding(name) {
        Some(known @ ("UTF8" | "SQL_ASCII")) => Ok(known),
        Some(known) => Err(invalid(SqlState::FEATURE_NOT_SUPPORTED).detail(format!(
            "Conversion between {known} and UTF8 is not supported."
        ))),
        None => Err(invalid(SqlState::INVALID_PARAMETER_VALUE)),
    }
}

/// The encoding's own name. Only the letters and digits of what it is called count.
fn encoding(name: &str) -> Option<&'static str> {
    let is = |known: &str| letters(known).eq(letters(name));
    ENCODINGS
        .iter()
        .find(|(known, others)| is(known) || others.split_terminator(' ').any(is))
        .map(|(known, _)| *known)
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
}

/// Each encoding of PostgreSQL ("Supported Character Sets" in its manual), and what else it is called.
const ENCODINGS: [(&str, &str); 42] = [
    ("BIG5", "win950 windows950"),
    ("EUC_CN", ""),
    ("EUC_JIS_2004", ""),
    ("EUC_JP", ""),
    ("EUC_KR", ""),
    ("EUC_TW", ""),
    ("GB18030", ""),
    ("GBK", "win936 windows936"),
    ("ISO_8859_5", ""),
    ("ISO_8859_6", ""),
    ("ISO_8859_7", ""),
    ("ISO_8859_8", ""),
    ("JOHAB", ""),
    ("KOI8R", "koi8"),
    ("KOI8U", ""),
    ("LATIN1", "iso88591"),
    ("LATIN2", "iso88592"),
    ("LATIN3", "iso88593"),
    ("LATIN4", "iso88594"),
    ("LATIN5", "iso88599"),
    ("LATIN6", "iso885910"),
    ("LATIN7", "iso885913"),
    ("LATIN8", "iso885914"),
    ("LATIN9", "iso885915"),
    ("LATIN10", "iso885916"),
    ("MULE_INTERNAL", ""),
    ("SHIFT_JIS_2004", ""),
    ("SJIS", "mskanji shiftjis win932 windows932"),
    ("SQL_ASCII", ""),
    ("UHC", "win949 windows949"),
    ("UTF8", "unicode"),
    ("WIN866", "alt windows866"),
    ("WIN874", "windows874"),
    ("WIN1250", "windows1250"),
    ("WIN1251", "win windows1251"),
    ("WIN1252", "windows1252"),
    ("WIN1253", "windows1253"),
    ("WIN1254", "windows1254"),
    ("WIN1255", "windows1255"),
    ("WIN1256", "windows1256"),
    ("WIN1257", "windows1257"),
    ("WIN1258", "abc tcvn tcvn5712 vscii windows1258"),
];

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]
mod tests {
    use std::collections::BTreeSet;

    use trunkline_test_postgres::{Postgres, Version};

    use super::*;

    #[test]
    fn the_encodings_are_those_of_postgresql() {
        for version in Version::ALL {
            let server = Postgres::shared(version);
            let all = "select pg_encoding_to_char(n) from generate_series(0, 99) n where pg_encoding_to_char(n) > ''";
            let told = server.sql(all).unwrap();
            assert_eq!(
                told.lines().collect::<BTreeSet<_>>(),
                ENCODINGS.iter().map(|(name, _)| *name).collect()
            );
            for (name, others) in ENCODINGS {
                for other in others.split_terminator(' ') {
                    let ask = format!("select pg_encoding_to_char(pg_char_to_encoding('{other}'))");
                    assert_eq!(server.sql(&ask).unwrap().trim_end(), name, "{other}");
                }
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_given_or_refused() {
        for (asked, given) in [
            ("UTF8", "UTF8"),
            ("utf-8", "UTF8"),
            ("Unicode", "UTF8"),
            ("sql_ascii", "SQL_ASCII"),
        ] {
            assert_eq!(client_encoding(asked).unwrap(), given);
        }
        for (asked, state) in [
            ("latin-1", SqlState::FEATURE_NOT_SUPPORTED),
            ("Windows-1252", SqlState::FEATURE_NOT_SUPPORTED),
            ("KLINGON", SqlState::INVALID_PARAMETER_VALUE),
            ("", SqlState::INVALID_PARAMETER_VALUE),
            ("-", SqlState::INVALID_PARAMETER_VALUE),
        ] {
            assert_eq!(client_encoding(asked).unwrap_err().sqlstate(), state);
        }
    }
}
