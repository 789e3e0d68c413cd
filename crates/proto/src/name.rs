//! Names of prepared statements and portals.

use alloc::string::String;
use core::fmt;

/// The bytes of a name that count: two longer names with the same first 63 bytes are the same name
/// (`NAMEDATALEN` − 1).
pub const NAME_LEN: usize = 63;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Bytes in the client's encoding; the empty name is the unnamed one.
        #[derive(Copy, Clone, Eq, PartialEq, Hash, Ord, PartialOrd, Default)]
        pub struct $name<'a>(&'a [u8]);

        impl<'a> $name<'a> {
            /// The unnamed one.
            pub const UNNAMED: $name<'static> = $name(&[]);

            /// The name with these bytes, which end up on the wire: a NUL among them is refused there.
            #[inline]
            #[must_use]
            pub const fn from_bytes(bytes: &'a [u8]) -> Self {
                Self(bytes)
            }

            /// The name as it was sent.
            #[inline]
            #[must_use]
            pub const fn as_bytes(self) -> &'a [u8] {
                self.0
            }

            /// What the name is looked up by: its first [`NAME_LEN`] bytes.
            #[inline]
            #[must_use]
            pub fn key(self) -> &'a [u8] {
                self.0.get(..NAME_LEN).unwrap_or(self.0)
            }

            /// Whether this is the unnamed one.
            #[inline]
            #[must_use]
            pub const fn is_unnamed(self) -> bool {
                self.0.is_empty()
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(name: &'a str) -> Self {
                Self(name.as_bytes())
            }
        }

        /// The name as text, with replacement characters where it is not UTF-8.
        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&String::from_utf8_lossy(self.0))
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), String::from_utf8_lossy(self.0))
            }
        }
    };
}

name! {
    /// The name of a prepared statement (PostgreSQL docs 54.2.3).
    StatementName
}

name! {
    /// The name of a portal, a statement with its parameters bound (PostgreSQL docs 54.2.3).
    PortalName
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn sixty_three_bytes_count() {
        let long = [b'x'; 70];
        assert_eq!(StatementName::from_bytes(&long).key(), &long[..63]);
        assert_eq!(StatementName::from_bytes(&long).as_bytes(), long);
        assert_eq!(PortalName::from("p").key(), b"p");
    }

    #[test]
    fn prints_what_can_be_printed() {
        assert_eq!(
            format!("{}", StatementName::from_bytes(b"s\xFF")),
            "s\u{FFFD}"
        );
        assert_eq!(format!("{:?}", PortalName::UNNAMED), "PortalName(\"\")");
    }
}
