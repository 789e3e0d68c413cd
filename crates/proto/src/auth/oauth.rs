//! OAUTHBEARER, the client's part: what a server that takes no token says about where tokens come from.
//!
//! ```text
//!  client                                         server
//!  n,,^Aauth=^A^A ──▶                                             nothing to show yet
//!                 ◀── {"status":"invalid_token",                  Challenge::parse
//!                      "openid-configuration":"https://…/.well-known/openid-configuration","scope":"…"}
//!  ^A             ──▶                                             and the server refuses the login
//!  n,,^Aauth=Bearer TOKEN^A^A ──▶                                 on a second connection
//! ```
//!
//! The server only *names* the issuer. A client that followed any name would fetch a token for the real server and hand it to whoever
//! sent it there, so that the [issuer of the URL](issuer_of) is compared with the one that the user trusts, byte by byte (rules OA-01,
//! SEC-32).
//!
//! Source: PostgreSQL docs 54.3.2, RFC 7628 section 3.2.2, RFC 8414 section 3, RFC 9207 section 2.4.

mod json;
#[cfg(test)]
mod tests;

use alloc::string::String;
use core::fmt;

use json::{Json, Problem};

/// What a server says that was shown no token, or one that it does not take (RFC 7628 section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// What is wrong with the token: `invalid_token` as a rule, also where there was none.
    pub status: String,
    /// The URL of the issuer's discovery document (`openid-configuration`).
    pub discovery_url: Option<String>,
    /// The scopes that a token must have, with spaces between them.
    pub scope: Option<String>,
}

impl Challenge {
    /// Reads the server's JSON. Fields that it does not know may hold anything, nested up to 16 deep.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(data: &[u8]) -> Result<Self, ChallengeError> {
        let text = core::str::from_utf8(data).map_err(|_| ChallengeError::Utf8)?;
        let mut json = Json::new(text);
        let (mut status, mut discovery_url, mut scope) = (None, None, None);
        json.object(|name, json| {
            let (field, known) = match name {
                "status" => (&mut status, "status"),
                "openid-configuration" => (&mut discovery_url, "openid-configuration"),
                "scope" => (&mut scope, "scope"),
                _ => return Ok(json.skip()?),
            };
            let text = json.string().ok_or(ChallengeError::NotAString(known))??;
            match field.replace(text) {
                None => Ok(()),
                Some(_) => Err(ChallengeError::Duplicate(known)),
            }
        })?;
        json.end()?;
        Ok(Self {
            status: status.ok_or(ChallengeError::NoStatus)?,
            discovery_url,
            scope,
        })
    }

    /// Whether a token, or another one, may help.
    #[must_use]
    pub fn wants_token(&self) -> bool {
        self.status == "invalid_token"
    }
}

/// Why a server's answer to a token is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeError {
    /// It is not UTF-8.
    Utf8,
    /// It is not JSON.
    Json {
        /// Where, in bytes from 0.
        at: usize,
    },
    /// It is JSON, and no object.
    NotAnObject,
    /// It is nested more than 16 deep.
    TooDeep,
    /// A field stands there twice.
    Duplicate(&'static str),
    /// A field is something else than a string.
    NotAString(&'static str),
    /// It does not say what is wrong.
    NoStatus,
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's answer to the OAuth token ")?;
        match self {
            Self::Utf8 => f.write_str("is not valid UTF-8"),
            Self::Json { at } => write!(f, "is not JSON: it goes wrong at byte {at}"),
            Self::NotAnObject => f.write_str("is not a JSON object"),
            Self::TooDeep => f.write_str("is nested too deeply"),
            Self::Duplicate(field) => write!(f, "has the field \"{field}\" twice"),
            Self::NotAString(field) => write!(f, "has a field \"{field}\" that is not a string"),
            Self::NoStatus => f.write_str("has no status"),
        }
    }
}

impl core::error::Error for ChallengeError {}

impl From<Problem> for ChallengeError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Syntax { at } => Self::Json { at },
            Problem::NotAnObject => Self::NotAnObject,
            Problem::TooDeep => Self::TooDeep,
        }
    }
}

/// What the path of a discovery document's URL has in it (RFC 8615).
const WELL_KNOWN: &str = "/.well-known/";
/// The documents there are: OpenID Connect Discovery 1.0 section 4, and RFC 8414 section 3.
const DOCUMENTS: [&str; 2] = ["openid-configuration", "oauth-authorization-server"];

/// Whether a URL is meant to be a discovery document's, and not an issuer's own.
#[must_use]
pub fn is_discovery_url(url: &str) -> bool {
    url.contains(WELL_KNOWN)
}

/// The issuer whose discovery document has this URL: the URL without its `/.well-known/…`, which stands at the start of the path or at
/// the end of the URL.
///
/// ```
/// # use trunkline_proto::auth::oauth::issuer_of;
/// assert_eq!(issuer_of("https://id.example/.well-known/openid-configuration")?, "https://id.example");
/// assert_eq!(issuer_of("https://id.example/.well-known/oauth-authorization-server/staff")?, "https://id.example/staff");
/// # Ok::<_, trunkline_proto::auth::oauth::DiscoveryUrlError>(())
/// ```
///
/// # Errors
///
/// What keeps it from being the URL of a discovery document.
pub fn issuer_of(url: &str) -> Result<String, DiscoveryUrlError> {
    const HTTPS: &str = "https://";
    let rest = match url.split_at_checked(HTTPS.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(HTTPS) => rest,
        _ => return Err(DiscoveryUrlError::NotHttps),
    };
    // Before anything else: what looks like a path may stand in there.
    if rest.contains(['?', '#']) {
        return Err(DiscoveryUrlError::QueryOrFragment);
    }
    let (before, after) = rest
        .split_once(WELL_KNOWN)
        .ok_or(DiscoveryUrlError::NotWellKnown)?;
    let path = DOCUMENTS
        .iter()
        .find_map(|document| after.strip_prefix(document))
        .filter(|path| path.is_empty() || path.starts_with('/'))
        .ok_or(DiscoveryUrlError::Document)?;
    // "https://host/a/.well-known/openid-configuration/b" belongs to nobody: not to "https://host/a/b".
    if !path.is_empty() && before.contains('/') {
        return Err(DiscoveryUrlError::Place);
    }
    let scheme = url.strip_suffix(rest).unwrap_or(HTTPS);
    Ok([scheme, before, path].concat())
}

/// Why a URL is not a discovery document's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiscoveryUrlError {
    /// It does not begin with `https://`.
    NotHttps,
    /// It has a `?` or a `#`.
    QueryOrFragment,
    /// It has no `/.well-known/`.
    NotWellKnown,
    /// What follows there is neither `openid-configuration` nor `oauth-authorization-server`.
    Document,
    /// There is a path on both sides of it.
    Place,
}

impl fmt::Display for DiscoveryUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotHttps => "it does not begin with https://",
            Self::QueryOrFragment => "it has a query or a fragment",
            Self::NotWellKnown => "it has no /.well-known/ in it",
            Self::Document => {
                "neither openid-configuration nor oauth-authorization-server follows its /.well-known/"
            }
            Self::Place => "its /.well-known/ stands in the middle of the path",
        })
    }
}

impl core::error::Error for DiscoveryUrlError {}
