//! Which versions of the protocol are wanted (PostgreSQL docs 32.1.2: `min_protocol_version`, `max_protocol_version`; 54.2.1).

use trunkline_proto::frontend::ProtocolVersion;

use super::settings::Settings;
use super::{ConfigError, Keyword};

/// The version to ask for, and the oldest one to settle for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProtocolVersions {
    /// A server that speaks nothing newer than what is older than this is refused.
    pub min: ProtocolVersion,
    /// What the startup message asks for; a server may answer that it only knows an older one.
    pub max: ProtocolVersion,
}

impl ProtocolVersions {
    /// Without a word about it 3.0 is asked for, since some servers and poolers close the connection at anything newer.
    pub(super) fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let bound = |keyword| {
            let text = settings.get(keyword);
            text.map(|text| read(keyword, text)).transpose()
        };
        let min = bound(Keyword::MinProtocolVersion)?.unwrap_or(ProtocolVersion::V3_0);
        let max = match bound(Keyword::MaxProtocolVersion)? {
            Some(max) => max,
            None if min > ProtocolVersion::V3_0 => ProtocolVersion::V3_2,
            None => ProtocolVersion::V3_0,
        };
        if min > max {
            return Err(ConfigError::ProtocolRange);
        }
        Ok(Self { min, max })
    }
}

/// There was never a 3.1, and before 3.0 the protocol was another.
fn read(keyword: Keyword, text: &str) -> Result<ProtocolVersion, ConfigError> {
    match text {
        "3.0" => Ok(ProtocolVersion::V3_0),
        "3.2" | "latest" => Ok(ProtocolVersion::V3_2),
        _ => Err(ConfigError::InvalidValue {
            keyword,
            value: Some(text.to_owned()),
        }),
    }
}
