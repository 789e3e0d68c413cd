//! How to prove who one is, and what proof is asked of the server (PostgreSQL docs 32.1.2: `require_auth`, `channel_binding`, `oauth_…`,
//! `scram_…`, `krbsrvname`, `gss…`).

use trunkline_proto::auth::scram::ClientKeys;

use super::choice::choice;
use super::number::switch;
use super::settings::Settings;
use super::{ConfigError, Keyword, Secret, require_auth, require_auth::RequireAuth};

choice! {
    /// Whether SCRAM is bound to the TLS session, so that nobody in the middle can pass it on.
    ChannelBinding for ChannelBinding {
        /// Never.
        Disable = "disable",
        /// When the server offers it.
        Prefer = "prefer",
        /// Always: any login without it fails.
        Require = "require",
    }
}

choice! {
    /// Which library speaks Kerberos on Windows.
    GssLibrary for GssLib {
        /// GSSAPI.
        Gssapi = "gssapi",
        /// SSPI.
        Sspi = "sspi",
    }
}

/// What a login goes by, apart from user name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// Which methods the server may ask for; `None` if nothing was said about it. See [`Resolved::policy`](super::Resolved::policy).
    pub require: Option<RequireAuth>,
    /// Whether SCRAM is bound to the TLS session.
    pub channel_binding: ChannelBinding,
    /// Keys in the place of the password, for SCRAM.
    pub scram_keys: Option<ClientKeys>,
    /// For OAUTHBEARER.
    pub oauth: OAuth,
    /// For GSSAPI and SSPI.
    pub gss: Gss,
}

/// What a login with OAUTHBEARER goes by (RFC 7628). Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuth {
    /// The https URL of the issuer that is trusted, or of its discovery document.
    pub issuer: Option<String>,
    /// The name by which the issuer knows this client.
    pub client_id: Option<String>,
    /// The client's own password at the issuer.
    pub client_secret: Option<Secret>,
    /// The scopes to ask for, with spaces between them; without them, those that the server asks for.
    pub scope: Option<String>,
}

/// What a login with Kerberos goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gss {
    /// The service in the server's principal, `postgres` by default.
    pub service: String,
    /// Which library, where there is a choice.
    pub library: Option<GssLibrary>,
    /// Whether credentials are forwarded to the server.
    pub delegation: bool,
}

impl Login {
    /// Refuses one of SCRAM's keys without the other: there would be nothing to check the server by, or nothing to log in with.
    pub(super) fn check_keys(settings: &Settings) -> Result<(), ConfigError> {
        let keys = [Keyword::ScramClientKey, Keyword::ScramServerKey];
        match keys.map(|key| settings.filled(key).is_some()) {
            [true, false] | [false, true] => Err(ConfigError::ScramKeysApart),
            _ => Ok(()),
        }
    }

    pub(super) fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let require = settings.get(Keyword::RequireAuth).unwrap_or_default();
        let channel_binding = settings.get(Keyword::ChannelBinding);
        Ok(Self {
            require: require_auth::read(require)?,
            channel_binding: channel_binding.map_or(Ok(ChannelBinding::Prefer), str::parse)?,
            scram_keys: scram_keys(settings)?,
            oauth: OAuth::of(settings),
            gss: Gss::of(settings)?,
        })
    }
}

/// Reads `scram_client_key` and `scram_server_key`; `None` as long as only one of them is there.
fn scram_keys(settings: &Settings) -> Result<Option<ClientKeys>, ConfigError> {
    let key = |keyword| {
        let text = settings.filled(keyword).map(str::as_bytes);
        match text {
            Some(text) if ClientKeys::from_base64(text, text).is_none() => {
                Err(ConfigError::ScramKey(keyword))
            }
            text => Ok(text),
        }
    };
    let (client, server) = (key(Keyword::ScramClientKey)?, key(Keyword::ScramServerKey)?);
    Ok(client
        .zip(server)
        .and_then(|(client, server)| ClientKeys::from_base64(client, server)))
}

impl OAuth {
    fn of(settings: &Settings) -> Self {
        let text = |keyword| settings.filled(keyword).map(str::to_owned);
        Self {
            issuer: text(Keyword::OauthIssuer),
            client_id: text(Keyword::OauthClientId),
            client_secret: settings
                .filled(Keyword::OauthClientSecret)
                .map(Secret::from),
            scope: text(Keyword::OauthScope),
        }
    }
}

impl Gss {
    fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let service = settings.filled(Keyword::KrbSrvName).unwrap_or("postgres");
        let library = settings.filled(Keyword::GssLib);
        let delegation = settings.get(Keyword::GssDelegation).unwrap_or_default();
        Ok(Self {
            service: service.to_owned(),
            library: library.map(str::parse).transpose()?,
            delegation: switch(Keyword::GssDelegation, delegation)?,
        })
    }
}
