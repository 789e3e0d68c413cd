//! Which logins are good enough.

use super::LoginError;

/// How a server can make a client prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Not at all: the server says AuthenticationOk at once.
    None,
    /// The password as it is.
    Password,
    /// The password hashed with MD5.
    Md5,
    /// SCRAM-SHA-256, bound to the channel or not.
    Scram,
    /// An OAuth bearer token.
    OAuth,
    /// GSSAPI.
    Gss,
    /// SSPI.
    Sspi,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Password,
        Self::Md5,
        Self::Scram,
        Self::OAuth,
        Self::Gss,
        Self::Sspi,
    ];

    /// The name in libpq's `require_auth`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Password => "password",
            Self::Md5 => "md5",
            Self::Scram => "scram-sha-256",
            Self::OAuth => "oauth",
            Self::Gss => "gss",
            Self::Sspi => "sspi",
        }
    }

    /// The method that goes by `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of methods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Methods(u8);

impl Methods {
    /// Every method: libpq's default.
    pub const ALL: Self = Self(0x7F);
    /// No method; nothing can log in with it.
    pub const EMPTY: Self = Self(0);

    /// These and `method`.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        Self(self.0 | method.bit())
    }

    /// These but `method`.
    #[must_use]
    pub const fn without(self, method: Method) -> Self {
        Self(self.0 & !method.bit())
    }

    /// Whether `method` is one of these.
    #[must_use]
    pub const fn contains(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }
}

impl core::fmt::Debug for Methods {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set()
            .entries(Method::ALL.iter().filter(|method| self.contains(**method)))
            .finish()
    }
}

impl FromIterator<Method> for Methods {
    fn from_iter<I: IntoIterator<Item = Method>>(methods: I) -> Self {
        methods.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// What the client insists on, whatever the server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Methods that are acceptable, as libpq's `require_auth`. Held against every request of the server, and against
    /// AuthenticationOk itself: a server may skip the exchange (rule AU-02).
    pub methods: Methods,
    /// Takes SCRAM-SHA-256-PLUS or nothing, as libpq's `channel_binding=require`.
    pub require_binding: bool,
    /// The lowest protocol version to go on with, as libpq's `min_protocol_version`.
    pub min_version: crate::frontend::ProtocolVersion,
    /// Iterations that a server may ask of SCRAM.
    pub iteration_cap: u32,
}

impl Default for Policy {
    /// Any method but a password in clear, no binding, 3.0, a million iterations.
    ///
    /// libpq sends the password as it is to any server that asks. Allow it only where the server is known: over verified TLS, or
    /// on a Unix socket (SEC-27).
    fn default() -> Self {
        Self {
            methods: Methods::ALL.without(Method::Password),
            require_binding: false,
            min_version: crate::frontend::ProtocolVersion::V3_0,
            iteration_cap: crate::auth::scram::DEFAULT_ITERATION_CAP,
        }
    }
}

impl Policy {
    /// Whether the server may ask for `method`.
    pub(super) const fn allows(&self, method: Method) -> Result<(), LoginError> {
        if !self.methods.contains(method) {
            return Err(LoginError::Method(method));
        }
        // Only the SCRAM exchange can bind, and it sees to that itself.
        if self.require_binding && !matches!(method, Method::Scram) {
            return Err(LoginError::BindingRequired(method));
        }
        Ok(())
    }
}
