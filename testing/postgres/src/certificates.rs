//! A certificate authority for one run, and certificates signed by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::error::{Context, run};

/// A certificate authority, the certificate of a server called `localhost` and 127.0.0.1, and those of clients; files in PEM,
/// EC keys on P-256, valid for two days. Clones are the same authority.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
    /// One certificate is made at a time.
    serial: Arc<Mutex<u32>>,
}

/// A certificate and its private key.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of the key (PKCS #8), for its owner alone to read.
    pub key: PathBuf,
}

impl Certificates {
    /// Makes an authority and the certificate of a server, in a folder that exists.
    ///
    /// # Errors
    /// If the program openssl is not there or a file cannot be written.
    pub fn create(folder: &Path) -> Result<Self> {
        let made = Self {
            folder: folder.to_path_buf(),
            serial: Arc::default(),
        };
        made.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=trunkline-test-ca -keyout ca.key -out ca.crt")?;
        made.sign("server", "localhost")?;
        Ok(made)
    }

    /// The certificate of the authority: what a client trusts.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// The server's.
    pub fn server(&self) -> Pair {
        self.pair("server")
    }

    /// That of the client whose common name is `user`, made when first asked for.
    ///
    /// # Errors
    /// If openssl fails, as it does for a name that is no word.
    pub fn client(&self, user: &str) -> Result<Pair> {
        let name = format!("client-{user}");
        if !self.pair(&name).certificate.exists() {
            self.sign(&name, user)?;
        }
        Ok(self.pair(&name))
    }

    fn pair(&self, name: &str) -> Pair {
        Pair {
            certificate: self.folder.join(format!("{name}.crt")),
            key: self.folder.join(format!("{name}.key")),
        }
    }

    /// Makes a key and a certificate for it. The certificate gets its name last: where it is, all is there.
    fn sign(&self, name: &str, common_name: &str) -> Result<()> {
        let mut serial = self.serial.lock().unwrap_or_else(PoisonError::into_inner);
        *serial += 1;
        let part = format!("{name}-{serial}");
        let at = |ending: &str| self.folder.join(format!("{part}.{ending}"));
        fs::write(
            at("ext"),
            format!("subjectAltName=DNS:{common_name},IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n"),
        )
        .context(|| format!("cannot write to {}", self.folder.display()))?;
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={common_name} -keyout {part}.key -out {part}.csr"))?;
        self.openssl(&format!("x509 -req -in {part}.csr -CA ca.crt -CAkey ca.key -set_serial {serial} -days 2 -sha256 -extfile {part}.ext -out {part}.crt"))?;
        let pair = self.pair(name);
        fs::rename(at("key"), &pair.key)
            .and_then(|()| fs::rename(at("crt"), &pair.certificate))
            .context(|| format!("cannot name the certificate of {common_name}"))
    }

    fn openssl(&self, arguments: &str) -> Result<()> {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(&self.folder).args(arguments.split(' '));
        run(&mut openssl).map(drop)
    }
}
