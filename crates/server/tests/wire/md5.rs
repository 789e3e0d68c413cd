//! The answer to AuthenticationMD5Password (PostgreSQL docs 54.2.1).

use md5::{Digest as _, Md5};

/// `"md5" + hex(md5(hex(md5(password ‖ user)) ‖ salt))`
pub fn md5_answer(user: &str, password: &str, salt: &[u8]) -> String {
    let inner = hex(&[password.as_bytes(), user.as_bytes()].concat());
    format!("md5{}", hex(&[inner.as_bytes(), salt].concat()))
}

fn hex(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
