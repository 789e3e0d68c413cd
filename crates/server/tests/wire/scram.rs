//! The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), open at every joint so that a test can break it.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64ct::{Base64, Encoding as _};

/// What the client says first.
pub struct Scram {
    /// The gs2 header: `n,,`, `y,,`, `p=tls-server-end-point,,`.
    pub header: String,
    /// What follows the header: `n=,r=…`.
    pub bare: String,
    pub password: String,
    /// Channel binding data, which `c=` carries behind the header.
    pub binding: Vec<u8>,
}

/// The parts of client-final, to be tampered with before they are joined.
#[derive(Clone)]
pub struct Final {
    pub binding: String,
    pub nonce: String,
    pub proof: String,
    /// Written behind the proof.
    pub tail: String,
}

impl Scram {
    pub fn new(password: &str) -> Self {
        Self {
            header: "n,,".into(),
            bare: "n=,r=fyko+d2lbbFgONRv9qkxdawL".into(),
            password: password.into(),
            binding: Vec::new(),
        }
    }

    pub fn header(mut self, header: &str) -> Self {
        self.header = header.into();
        self
    }

    pub fn bare(mut self, bare: &str) -> Self {
        self.bare = bare.into();
        self
    }

    /// `p=tls-server-end-point` with this hash.
    pub fn bound(mut self, hash: &[u8]) -> Self {
        self.header = "p=tls-server-end-point,,".into();
        self.binding = hash.to_vec();
        self
    }

    pub fn first(&self) -> String {
        format!("{}{}", self.header, self.bare)
    }

    /// The answer to server-first, with the right proof.
    pub fn last(&self, server_first: &str) -> Final {
        let mut parts = Final {
            binding: Base64::encode_string(&[self.header.as_bytes(), &self.binding].concat()),
            nonce: attribute(server_first, 'r').into(),
            proof: String::new(),
            tail: String::new(),
        };
        let client_key = sign(&self.salted(server_first), b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, &client_key);
        let signature = sign(
            stored_key.as_ref(),
            self.signed(server_first, &parts).as_bytes(),
        );
        let proof: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(key, bit)| key ^ bit)
            .collect();
        parts.proof = Base64::encode_string(&proof);
        parts
    }

    /// The `v=…` that the server must send after this client-final.
    pub fn server_final(&self, server_first: &str, parts: &Final) -> String {
        let server_key = sign(&self.salted(server_first), b"Server Key");
        format!(
            "v={}",
            Base64::encode_string(&sign(
                &server_key,
                self.signed(server_first, parts).as_bytes()
            ))
        )
    }

    fn signed(&self, server_first: &str, parts: &Final) -> String {
        format!(
            "{},{server_first},c={},r={}",
            self.bare, parts.binding, parts.nonce
        )
    }

    fn salted(&self, server_first: &str) -> [u8; 32] {
        let salt = Base64::decode_vec(attribute(server_first, 's')).unwrap();
        let rounds = NonZeroU32::new(attribute(server_first, 'i').parse().unwrap()).unwrap();
        let mut salted = [0; 32];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            rounds,
            &salt,
            self.password.as_bytes(),
            &mut salted,
        );
        salted
    }
}

impl Final {
    pub fn text(&self) -> String {
        format!(
            "c={},r={},p={}{}",
            self.binding, self.nonce, self.proof, self.tail
        )
    }
}

/// `x=…` of a SCRAM message.
pub fn attribute(message: &str, name: char) -> &str {
    message
        .split(',')
        .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_else(|| panic!("no {name}= in {message:?}"))
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message)
        .as_ref()
        .to_vec()
}
