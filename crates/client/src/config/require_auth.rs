//! `require_auth`: which login methods a server may ask for (PostgreSQL docs 32.1.2).

use std::fmt;
use std::str::FromStr;

use super::ConfigError;
use super::choice::choice;

choice! {
    /// A way to log in.
    LoginMethod for RequireAuth {
        /// The password itself, in the clear but for TLS.
        Password = "password",
        /// A hash of the password with MD5.
        Md5 = "md5",
        /// Kerberos by GSSAPI.
        Gss = "gss",
        /// Kerberos or NTLM by SSPI.
        Sspi = "sspi",
        /// SCRAM-SHA-256, with channel binding or without.
        ScramSha256 = "scram-sha-256",
        /// A bearer token.
        OAuth = "oauth",
        /// No exchange at all: the server trusts the address, the socket's user or the TLS certificate.
        None = "none",
    }
}

/// The login methods that a server may ask for. Everything else is refused, before anything secret is sent.
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct RequireAuth(u8);

impl RequireAuth {
    /// Any method.
    pub const ANY: Self = Self(0b111_1111);

    /// These methods and no others.
    #[must_use]
    pub fn only(methods: impl IntoIterator<Item = LoginMethod>) -> Self {
        Self(methods.into_iter().fold(0, |set, method| set | bit(method)))
    }

    /// Any method but these.
    #[must_use]
    pub fn except(methods: impl IntoIterator<Item = LoginMethod>) -> Self {
        Self(Self::ANY.0 & !Self::only(methods).0)
    }

    /// Whether a server may ask for this method.
    #[must_use]
    pub const fn allows(self, method: LoginMethod) -> bool {
        self.0 & bit(method) != 0
    }
}

/// Reads `password,md5` or `!password,!md5`. The empty text allows everything.
impl FromStr for RequireAuth {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text.is_empty() {
            return Ok(Self::ANY);
        }
        let negative = text.starts_with('!');
        let mut named = Self(0);
        for item in text.split(',') {
            let method = match (item.strip_prefix('!'), negative) {
                (Some(method), true) => method,
                (None, false) => item,
                (Some(_), false) => return Err(ConfigError::NegativeMethod(item.to_owned())),
                (None, true) => return Err(ConfigError::PositiveMethod(item.to_owned())),
            };
            let method: LoginMethod = method.parse()?;
            if named.allows(method) {
                return Err(ConfigError::RepeatedMethod(item.to_owned()));
            }
            named.0 |= bit(method);
        }
        Ok(if negative {
            Self(Self::ANY.0 & !named.0)
        } else {
            named
        })
    }
}

/// The methods that are allowed, with commas between them; nothing where all are.
impl fmt::Display for RequireAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ANY {
            return Ok(());
        }
        let mut comma = "";
        for method in METHODS.into_iter().filter(|method| self.allows(*method)) {
            write!(f, "{comma}{method}")?;
            comma = ",";
        }
        if comma.is_empty() {
            // Nothing is allowed, which has no positive spelling.
            for method in METHODS {
                write!(f, "{comma}!{method}")?;
                comma = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RequireAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = METHODS.into_iter().filter(|method| self.allows(*method));
        f.debug_set().entries(allowed).finish()
    }
}

const METHODS: [LoginMethod; 7] = [
    LoginMethod::Password,
    LoginMethod::Md5,
    LoginMethod::Gss,
    LoginMethod::Sspi,
    LoginMethod::ScramSha256,
    LoginMethod::OAuth,
    LoginMethod::None,
];

const fn bit(method: LoginMethod) -> u8 {
    1 << method as u8
}

#[cfg(test)]
mod tests {
    use super::LoginMethod::*;
    use super::*;

    #[test]
    fn lists_allow_and_forbid() {
        for (text, expected) in [
            ("", RequireAuth::ANY),
            ("password", RequireAuth::only([Password])),
            ("scram-sha-256,md5", RequireAuth::only([Md5, ScramSha256])),
            ("none,scram-sha-256", RequireAuth::only([None, ScramSha256])),
            ("!password,!md5", RequireAuth::except([Password, Md5])),
            ("!none", RequireAuth::except([None])),
            ("oauth", RequireAuth::only([OAuth])),
            ("gss,sspi", RequireAuth::only([Gss, Sspi])),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
            assert_eq!(expected.to_string().parse(), Ok(expected), "{text}");
        }
        let nothing = RequireAuth::only([]);
        assert_eq!(nothing.to_string().parse(), Ok(nothing));
        assert!(RequireAuth::except([Password]).allows(None));
        assert!(!RequireAuth::only([Password]).allows(None));
    }

    #[test]
    fn mistakes_are_told_in_libpqs_words() {
        for (text, expected) in [
            ("abcdefg", "invalid require_auth value: \"abcdefg\""),
            ("none,abcdefg", "invalid require_auth value: \"abcdefg\""),
            ("password,", "invalid require_auth value: \"\""),
            ("!", "invalid require_auth value: \"\""),
            ("Password", "invalid require_auth value: \"Password\""),
            ("creds", "invalid require_auth value: \"creds\""),
            (
                "password,password",
                "require_auth method \"password\" is specified more than once",
            ),
            (
                "!none,!none",
                "require_auth method \"!none\" is specified more than once",
            ),
            (
                "password,!md5",
                "negative require_auth method \"!md5\" cannot be mixed with non-negative methods",
            ),
            (
                "!password,md5",
                "require_auth method \"md5\" cannot be mixed with negative methods",
            ),
        ] {
            let error = text.parse::<RequireAuth>().map_err(|e| e.to_string());
            assert_eq!(error, Err(expected.to_owned()), "{text}");
        }
    }
}
