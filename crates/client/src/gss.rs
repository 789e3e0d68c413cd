//! GSSAPI and SSPI: a hook for the library that speaks Kerberos (PostgreSQL docs 20.6, 32.1.2).
//!
//! Here only its tokens are carried. The library itself is in C, and the system's; a [`GssContext`] of a few lines connects it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use trunkline_proto::client::Method;

use crate::config::{GssLibrary, Host, Resolved};
use crate::error::Kind;
use crate::{Error, Result};

/// One exchange of tokens with a server: what `gss_init_sec_context` is called on.
///
/// ```
/// use trunkline_client::{Config, GssContext, GssError, GssStep, GssTarget};
///
/// struct Kerberos { target: String }
///
/// impl GssContext for Kerberos {
///     fn step(&mut self, input: Option<&[u8]>) -> Result<GssStep, GssError> {
///         // gss_init_sec_context(&self.target, input) …
/// #       Ok(GssStep::Continue(vec![]))
///     }
/// }
///
/// let config = Config::new().gss(|target: &GssTarget| {
///     Ok(Box::new(Kerberos { target: target.principal() }))
/// });
/// ```
pub trait GssContext: Send {
    /// Takes the server's token (`None` at the beginning) and gives the next one, of at most 65535 bytes.
    ///
    /// It is called from within the future that connects, and what it does there is not awaited: while it asks a key distribution
    /// centre, it blocks the thread that polls that future, with whatever else runs there, and `connect_timeout` cannot end it. Where
    /// that matters, connect on a thread of its own (tokio's `spawn_blocking` with `Handle::block_on`), or have the step itself give up
    /// in time.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from that, such as a missing ticket: connecting fails with it.
    fn step(&mut self, input: Option<&[u8]>) -> Result<GssStep, GssError>;
}

/// Why there is no token: anything.
pub type GssError = Box<dyn StdError + Send + Sync>;

/// What a step comes to.
#[derive(Clone, PartialEq, Eq)]
pub enum GssStep {
    /// A token to send; the server is to answer with one (`GSS_S_CONTINUE_NEEDED`).
    Continue(Vec<u8>),
    /// The context stands, and the server is who it should be (`GSS_S_COMPLETE`); a last token to send, if there is one. Only after
    /// this the server's consent is accepted.
    Done(Option<Vec<u8>>),
}

/// Without the tokens.
impl fmt::Debug for GssStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Continue(_) => "Continue(..)",
            Self::Done(_) => "Done(..)",
        })
    }
}

/// Whom an exchange is with, and how it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GssTarget {
    /// The service: `krbsrvname`, `postgres` by default.
    pub service: String,
    /// The host's name, as it was given.
    pub host: String,
    /// Whether credentials are to be forwarded to the server: `gssdelegation` (`GSS_C_DELEG_FLAG`).
    pub delegation: bool,
    /// Which library was asked for, where there is a choice: `gsslib`.
    pub library: Option<GssLibrary>,
    /// What the server asks for: [`Method::Gss`] or [`Method::Sspi`].
    pub method: Method,
}

impl GssTarget {
    /// `service@host`, a name of the type `GSS_C_NT_HOSTBASED_SERVICE`.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("{}@{}", self.service, self.host)
    }
}

/// Begins exchanges.
#[derive(Clone)]
pub(crate) struct Contexts(Arc<Begin>);

type Begin = dyn Fn(&GssTarget) -> Result<Box<dyn GssContext>, GssError> + Send + Sync;

impl Contexts {
    pub(crate) fn new(
        begin: impl Fn(&GssTarget) -> Result<Box<dyn GssContext>, GssError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(begin))
    }
}

/// Begins an exchange with a host that asks for it.
pub(crate) fn begin(
    method: Method,
    host: &Host,
    resolved: &Resolved,
) -> Result<Box<dyn GssContext>> {
    let asked = match method {
        Method::Sspi => "SSPI",
        _ => "GSSAPI",
    };
    let Some(contexts) = &resolved.gss else {
        return Err(refusal(format!(
            "the server asks for {asked} authentication, and nothing speaks it: set Config::gss"
        )));
    };
    // As in libpq: an address has no principal.
    let Some(name) = host.name.as_ref().filter(|_| !host.is_local()) else {
        return Err(refusal(format!(
            "the server asks for {asked} authentication, which needs its name: set host"
        )));
    };
    let gss = &resolved.login.gss;
    let target = GssTarget {
        service: gss.service.clone(),
        host: name.clone(),
        delegation: gss.delegation,
        library: gss.library,
        method,
    };
    (contexts.0)(&target).map_err(failed)
}

/// A mechanism failed.
pub(crate) fn failed(error: GssError) -> Error {
    Kind::Method {
        what: "the GSSAPI exchange failed".into(),
        source: Some(error),
    }
    .into()
}

fn refusal(what: String) -> Error {
    Kind::Method { what, source: None }.into()
}

/// The same hook, not one like it.
impl PartialEq for Contexts {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Contexts {}

impl fmt::Debug for Contexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GssContexts")
    }
}
