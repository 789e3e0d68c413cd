//! SASLprep (RFC 4013) as PostgreSQL applies it to passwords.
//!
//! PostgreSQL departs from the RFC in three places, and both sides must depart together or a password stops working:
//! an ASCII password is taken as it is, control characters included; the check for prohibited characters looks at the password
//! *before* normalization; and a password that fails (not UTF-8, prohibited, unassigned, mixed directions, nothing left) is used as
//! the bytes it came in, instead of being refused.

mod tables;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use tables::{
    LEFT_TO_RIGHT, MAPPED_TO_NOTHING, NON_ASCII_SPACE, PROHIBITED, RIGHT_TO_LEFT, UNASSIGNED,
};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The bytes that are hashed for `password`.
pub(super) fn prepare(password: &[u8]) -> Cow<'_, [u8]> {
    if password.is_ascii() {
        return Cow::Borrowed(password);
    }
    match str::from_utf8(password).ok().and_then(profile) {
        Some(prepared) => Cow::Owned(prepared.into_bytes()),
        None => Cow::Borrowed(password),
    }
}

/// The profile proper; `None` for a string that it refuses.
fn profile(password: &str) -> Option<String> {
    let mut mapped = Zeroizing::new(Vec::with_capacity(password.len()));
    for c in password.chars() {
        // The order matters for U+200B, which is in both tables.
        if is_in(c, NON_ASCII_SPACE) {
            mapped.push(' ');
        } else if !is_in(c, MAPPED_TO_NOTHING) {
            mapped.push(c);
        }
    }
    let (first, last) = (*mapped.first()?, *mapped.last()?);
    if mapped
        .iter()
        .any(|c| is_in(*c, PROHIBITED) || is_in(*c, UNASSIGNED))
    {
        return None;
    }
    // RFC 3454 section 6.
    if mapped.iter().any(|c| is_in(*c, RIGHT_TO_LEFT)) {
        let mixed = mapped.iter().any(|c| is_in(*c, LEFT_TO_RIGHT));
        if mixed || !is_in(first, RIGHT_TO_LEFT) || !is_in(last, RIGHT_TO_LEFT) {
            return None;
        }
    }
    Some(mapped.iter().copied().nfkc().collect())
}

fn is_in(c: char, table: &[(u32, u32)]) -> bool {
    let point = u32::from(c);
    let next = table.partition_point(|(start, _)| *start <= point);
    next.checked_sub(1)
        .and_then(|at| table.get(at))
        .is_some_and(|(_, end)| point <= *end)
}

#[cfg(test)]
mod tests {
    use super::prepare;
    use alloc::string::String;

    fn prepared(password: &str) -> String {
        String::from_utf8(prepare(password.as_bytes()).into_owned()).expect("UTF-8 in, UTF-8 out")
    }

    #[track_caller]
    fn unchanged(password: &[u8]) {
        assert_eq!(&*prepare(password), password);
    }

    /// RFC 4013 section 3.
    #[test]
    fn examples_of_the_rfc() {
        assert_eq!(prepared("I\u{AD}X"), "IX");
        assert_eq!(prepared("user"), "user");
        assert_eq!(prepared("USER"), "USER");
        assert_eq!(prepared("\u{AA}"), "a");
        assert_eq!(prepared("\u{2168}"), "IX");
        unchanged(b"\x07");
        unchanged("\u{627}\u{31}".as_bytes());
    }

    #[test]
    fn spaces_become_one_kind() {
        assert_eq!(prepared("a\u{A0}b\u{3000}c"), "a b c");
        assert_eq!(prepared("a\u{200B}b"), "a b");
    }

    #[test]
    fn what_the_profile_refuses_is_used_as_it_is() {
        unchanged(b"caf\xE9");
        unchanged("\u{E000}private".as_bytes());
        unchanged("unassigned \u{0221}".as_bytes());
        unchanged("\u{AD}".as_bytes());
        unchanged("\u{AD}\u{1}\u{E9}".as_bytes());
        unchanged("\u{5D0}x\u{5D0}".as_bytes());
    }

    #[test]
    fn right_to_left_alone_is_fine() {
        assert_eq!(prepared("\u{5D0}1\u{5D1}"), "\u{5D0}1\u{5D1}");
        assert_eq!(prepared("\u{E9}"), "\u{E9}");
        assert_eq!(prepared("e\u{301}"), "\u{E9}");
    }
}
