//! `require_auth`: which login methods a server may ask for (PostgreSQL docs 32.1.2).

use trunkline_proto::client::{Method, Methods};

use super::{ConfigError, Keyword};

/// What `require_auth` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequireAuth {
    /// These methods and no others, as in `md5,scram-sha-256`.
    Only(Methods),
    /// None of these, as in `!md5`. Of the others it says nothing.
    AllBut(Methods),
}

impl RequireAuth {
    /// The methods that the server may ask for, where it may ask for `default` if nothing is said.
    #[must_use]
    pub fn of(self, default: Methods) -> Methods {
        match self {
            Self::Only(named) => named,
            Self::AllBut(named) => Method::ALL
                .into_iter()
                .filter(|method| default.contains(*method) && !named.contains(*method))
                .collect(),
        }
    }
}

/// Reads `password,md5` or `!password,!md5`. The empty text says nothing.
pub(super) fn read(text: &str) -> Result<Option<RequireAuth>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    let negative = text.starts_with('!');
    let mut named = Methods::EMPTY;
    for item in text.split(',') {
        let name = match (item.strip_prefix('!'), negative) {
            (Some(name), true) => name,
            (None, false) => item,
            (Some(_), false) => return Err(ConfigError::NegativeMethod(item.to_owned())),
            (None, true) => return Err(ConfigError::PositiveMethod(item.to_owned())),
        };
        let method = Method::from_name(name).ok_or_else(|| ConfigError::InvalidValue {
            keyword: Keyword::RequireAuth,
            value: Some(name.to_owned()),
        })?;
        if named.contains(method) {
            return Err(ConfigError::RepeatedMethod(item.to_owned()));
        }
        named = named.with(method);
    }
    Ok(Some(if negative {
        RequireAuth::AllBut(named)
    } else {
        RequireAuth::Only(named)
    }))
}

/// Writes methods so that [`read`] reads them.
pub(super) fn write(methods: Methods) -> String {
    let names = |sign: &str, listed: bool| {
        let of_these = Method::ALL
            .into_iter()
            .filter(|method| methods.contains(*method) == listed);
        let names: Vec<_> = of_these
            .map(|method| format!("{sign}{}", method.name()))
            .collect();
        names.join(",")
    };
    // No method at all has no positive spelling.
    if methods == Methods::EMPTY {
        names("!", false)
    } else {
        names("", true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Method::{Gss, Md5, OAuth, Password, Scram, Sspi};

    fn only<const N: usize>(methods: [Method; N]) -> Methods {
        methods.into_iter().collect()
    }

    #[test]
    fn lists_allow_and_forbid() {
        for (text, expected) in [
            ("password", only([Password])),
            ("scram-sha-256,md5", only([Md5, Scram])),
            ("none,scram-sha-256", only([Method::None, Scram])),
            (
                "!password,!md5",
                Methods::ALL.without(Password).without(Md5),
            ),
            ("!none", Methods::ALL.without(Method::None)),
            ("oauth", only([OAuth])),
            ("gss,sspi", only([Gss, Sspi])),
            (
                "!none,!password,!md5,!scram-sha-256,!oauth,!gss,!sspi",
                Methods::EMPTY,
            ),
        ] {
            let of_all = |text: &str| Ok(read(text)?.map(|said| said.of(Methods::ALL)));
            assert_eq!(of_all(text), Ok::<_, ConfigError>(Some(expected)), "{text}");
            assert_eq!(of_all(&write(expected)), Ok(Some(expected)), "{text}");
        }
        let all = Some(RequireAuth::Only(Methods::ALL));
        assert_eq!(read(&write(Methods::ALL)), Ok(all));
        assert_eq!(read(""), Ok(None));
    }

    #[test]
    fn to_forbid_one_allows_no_other() {
        let default = Methods::ALL.without(Password).without(OAuth);
        let of = |text| read(text).map(|said| said.map(|said| said.of(default)));
        assert_eq!(of("!md5"), Ok(Some(default.without(Md5))));
        assert_eq!(of("!password"), Ok(Some(default)));
        assert_eq!(of("password"), Ok(Some(only([Password]))));
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
            let error = read(text).map_err(|e| e.to_string());
            assert_eq!(error, Err(expected.to_owned()), "{text}");
        }
    }
}
