//! `sslcertmode=require`: whether the client's certificate was asked for and shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

/// Shows a certificate, and notes that it did. For one handshake.
#[derive(Debug)]
pub(super) struct Noting {
    certificate: Arc<dyn ResolvesClientCert>,
    shown: AtomicBool,
}

impl Noting {
    pub(super) fn new(certificate: Arc<dyn ResolvesClientCert>) -> Self {
        Self {
            certificate,
            shown: AtomicBool::new(false),
        }
    }

    /// Whether the server asked for a certificate and was shown one.
    pub(super) fn was_shown(&self) -> bool {
        self.shown.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for Noting {
    /// Called when the server asks.
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let shown = self.certificate.resolve(root_hint_subjects, sigschemes);
        self.shown.store(shown.is_some(), Ordering::Relaxed);
        shown
    }

    fn has_certs(&self) -> bool {
        self.certificate.has_certs()
    }
}
