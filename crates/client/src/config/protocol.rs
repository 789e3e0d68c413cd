//! Which versions of the protocol are wanted (PostgreSQL docs 32.1.2: `min_protocol_version`, `max_protocol_version`; 54.2.1).

use std::fmt;

use super::settings::Settings;
use super::{ConfigError, Keyword};

/// A version of the protocol that a server may speak. There was never a 3.1.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProtocolVersion {
    /// PostgreSQL 7.4 and later, and everything that imitates it.
    V3_0,
    /// PostgreSQL 18: cancel keys of up to 256 bytes.
    V3_2,
}

/// The version to ask for, and the oldest one to settle for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProtocolVersions {
    /// A server that speaks nothing newer than what is older than this is refused.
    pub min: ProtocolVersion,
    /// What the startup message asks for; a server may answer that it only knows an older one.
    pub max: ProtocolVersion,
}

impl ProtocolVersion {
    /// The newest one.
    pub const LATEST: Self = Self::V3_2;

    /// The minor number; the major number is 3.
    #[must_use]
    pub const fn minor(self) -> u16 {
        match self {
            Self::V3_0 => 0,
            Self::V3_2 => 2,
        }
    }

    fn read(keyword: Keyword, text: &str) -> Result<Self, ConfigError> {
        match text {
            "3.0" => Ok(Self::V3_0),
            "3.2" => Ok(Self::V3_2),
            "latest" => Ok(Self::LATEST),
            _ => Err(ConfigError::InvalidValue {
                keyword,
                value: Some(text.to_owned()),
            }),
        }
    }
}

impl ProtocolVersions {
    /// Without a word about it 3.0 is asked for, since some servers and poolers close the connection at anything newer.
    pub(super) fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let bound = |keyword| {
            let text = settings.get(keyword);
            text.map(|text| ProtocolVersion::read(keyword, text))
                .transpose()
        };
        let min = bound(Keyword::MinProtocolVersion)?.unwrap_or(ProtocolVersion::V3_0);
        let max = match bound(Keyword::MaxProtocolVersion)? {
            Some(max) => max,
            None if min > ProtocolVersion::V3_0 => ProtocolVersion::LATEST,
            None => ProtocolVersion::V3_0,
        };
        if min > max {
            return Err(ConfigError::ProtocolRange);
        }
        Ok(Self { min, max })
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "3.{}", self.minor())
    }
}
