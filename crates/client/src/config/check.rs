//! Checking every option that was given by itself, whatever the others are.

use super::certificates::check_supported;
use super::number::{integer, positive};
use super::session::check_encoding;
use super::settings::Settings;
use super::tls::Tls;
use super::{
    ConfigError, Keyword, LoadBalance, Login, ProtocolVersions, Replication, TargetSession, Tcp,
};

/// Reads every option and throws the result away.
pub(super) fn values(settings: &Settings) -> Result<(), ConfigError> {
    if let Some((keyword, _)) = settings.iter().find(|(_, text)| text.contains('\0')) {
        return Err(ConfigError::ZeroByte(keyword));
    }
    let ports = settings.get(Keyword::Port).unwrap_or_default();
    for text in ports.split(',') {
        port(text)?;
    }
    positive(settings, Keyword::ConnectTimeout)?;
    check_encoding(settings)?;
    check_supported(settings)?;
    gss_encryption(settings)?;
    Tcp::of(settings)?;
    Tls::without_files(settings)?;
    Login::of(settings)?;
    ProtocolVersions::of(settings)?;
    Replication::of(settings)?;
    target_session(settings)?;
    load_balance(settings)?;
    Ok(())
}

/// A port; the empty text is PostgreSQL's own.
pub(super) fn port(text: &str) -> Result<u16, ConfigError> {
    if text.is_empty() {
        return Ok(5432);
    }
    let number = integer(Keyword::Port, text)?;
    match u16::try_from(number) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(ConfigError::InvalidPort(text.to_owned())),
    }
}

pub(super) fn target_session(settings: &Settings) -> Result<TargetSession, ConfigError> {
    let text = settings.get(Keyword::TargetSessionAttrs);
    text.map_or(Ok(TargetSession::Any), str::parse)
}

pub(super) fn load_balance(settings: &Settings) -> Result<LoadBalance, ConfigError> {
    let text = settings.get(Keyword::LoadBalanceHosts);
    text.map_or(Ok(LoadBalance::Disable), str::parse)
}

/// GSSAPI never encrypts here: only `require` cannot be met.
fn gss_encryption(settings: &Settings) -> Result<(), ConfigError> {
    let keyword = Keyword::GssEncMode;
    match settings.get(keyword) {
        None | Some("disable" | "prefer") => Ok(()),
        Some("require") => Err(ConfigError::Unsupported {
            option: format!("{keyword}=require"),
            advice: "connections are encrypted with TLS: set gssencmode=disable and sslmode=verify-full",
        }),
        Some(text) => Err(ConfigError::InvalidValue {
            keyword,
            value: Some(text.to_owned()),
        }),
    }
}
