//! GSSAPI with Kerberos itself: a realm of the test's own, PostgreSQL, and the system's library behind the hook.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use trunkline_client::{Config, Environment, GssContext, GssError, GssStep, GssTarget};
use trunkline_test_postgres::{Options, Postgres, Version};

use crate::api::Connection;
use crate::support::answer;

/// `rwxr-xr-x`: the server may be another user's.
const READABLE: u32 = 0o755;

/// A key distribution centre, ended when dropped.
struct Realm {
    folder: TempDir,
    centre: Child,
}

impl Realm {
    /// With the service `postgres/localhost`, whose keys are in the file `keytab`, and the user ada.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(READABLE)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let at = folder.path().display();
        fs::write(
            folder.path().join("krb5.conf"),
            format!(
                "[libdefaults]\ndefault_realm = TEST\nrdns = false\ndns_canonicalize_hostname = false\ndns_lookup_kdc = false\n\
                 udp_preference_limit = 1\n[realms]\nTEST = {{\n kdc = 127.0.0.1:{port}\n}}\n"
            ),
        )
        .unwrap();
        fs::write(
            folder.path().join("kdc.conf"),
            format!(
                "[kdcdefaults]\nkdc_listen = 127.0.0.1:{port}\nkdc_tcp_listen = 127.0.0.1:{port}\n[realms]\nTEST = {{\n\
                  database_name = {at}/principal\n key_stash_file = {at}/stash\n acl_file = {at}/acl\n}}\n"
            ),
        )
        .unwrap();
        run(program(&folder, "kdb5_util").args(["create", "-s", "-r", "TEST", "-P", "secret"]));
        for query in [
            "addprinc -randkey postgres/localhost",
            &format!("ktadd -k {at}/keytab postgres/localhost"),
            "addprinc -pw pencil ada",
        ] {
            run(program(&folder, "kadmin.local").args(["-q", query]));
        }
        let keytab = folder.path().join("keytab");
        fs::set_permissions(keytab, PermissionsExt::from_mode(READABLE)).unwrap();
        let centre = program(&folder, "krb5kdc").arg("-n").spawn().unwrap();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { folder, centre }
    }

    /// Gets ada a ticket.
    fn log_in(&self) {
        let mut kinit = program(&self.folder, "kinit")
            .arg("ada")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        kinit.stdin.take().unwrap().write_all(b"pencil\n").unwrap();
        assert!(kinit.wait().unwrap().success());
    }

    /// What speaks GSSAPI.
    fn client(&self) -> PathBuf {
        let (source, program) = (
            self.folder.path().join("kerberos.c"),
            self.folder.path().join("kerberos"),
        );
        fs::write(&source, include_str!("kerberos.c")).unwrap();
        run(Command::new("cc")
            .args(["-Wall", "-o"])
            .args([&program, &source])
            .arg("-lgssapi_krb5"));
        program
    }
}

impl Drop for Realm {
    fn drop(&mut self) {
        let _ = self.centre.kill();
        let _ = self.centre.wait();
    }
}

/// A program of this realm's.
fn program(folder: &TempDir, name: &str) -> Command {
    let mut command = Command::new(name);
    // Debian has some of them where only root looks.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    command
        .stdout(Stdio::null())
        .env("PATH", path)
        .env("KRB5_CONFIG", folder.path().join("krb5.conf"))
        .env("KRB5_KDC_PROFILE", folder.path().join("kdc.conf"))
        .env("KRB5CCNAME", folder.path().join("tickets"));
    command
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

/// The library, in a process of its own.
struct Library(Child);

impl GssContext for Library {
    fn step(&mut self, input: Option<&[u8]>) -> Result<GssStep, GssError> {
        if let (Some(token), Some(stdin)) = (input, &mut self.0.stdin) {
            stdin.write_all(&u32::try_from(token.len())?.to_be_bytes())?;
            stdin.write_all(token)?;
        }
        let (mut head, mut token) = ([0; 5], vec![]);
        let stdout = self.0.stdout.as_mut().ok_or("no output")?;
        if stdout.read_exact(&mut head).is_err() {
            let mut why = String::new();
            self.0
                .stderr
                .as_mut()
                .ok_or("no errors")?
                .read_to_string(&mut why)?;
            return Err(why.trim().into());
        }
        let [state, length @ ..] = head;
        token.resize(usize::try_from(u32::from_be_bytes(length))?, 0);
        stdout.read_exact(&mut token)?;
        Ok(match state {
            b'C' => GssStep::Continue(token),
            _ => GssStep::Done(Some(token).filter(|token| !token.is_empty())),
        })
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn kerberos() {
    let realm = Realm::start();
    let keytab = realm.folder.path().join("keytab");
    let options = Options::new()
        .access("host all ada all gss include_realm=0 krb_realm=TEST")
        .setting("krb_server_keyfile", keytab.to_str().unwrap())
        .sql("create role ada login")
        .tls();
    let server = Postgres::start(Version::V15, options).unwrap();
    let client = realm.client();
    let folder = realm.folder.path().to_path_buf();
    let config: Config = format!(
        "host=localhost hostaddr=127.0.0.1 port={} user=ada dbname=postgres require_auth=gss",
        server.port()
    )
    .parse()
    .unwrap();
    let config = config.gss(move |target: &GssTarget| {
        let library = Command::new(&client)
            .arg(target.principal())
            .env("KRB5_CONFIG", folder.join("krb5.conf"))
            .env("KRB5CCNAME", folder.join("tickets"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Box::new(Library(library)))
    });
    let resolved = config.resolve(&Environment::empty()).unwrap();
    let error = Connection::open(&resolved).await.map(drop).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("the GSSAPI exchange failed"), "{shown}");
    assert!(shown.contains("No Kerberos credentials"), "{shown}");

    realm.log_in();
    for mode in ["disable", "require"] {
        let config = config
            .clone()
            .with(trunkline_client::config::Keyword::SslMode, mode);
        let resolved = config.resolve(&Environment::empty()).unwrap();
        let mut connection = Connection::open(&resolved).await.unwrap();
        connection
            .query("select principal from pg_stat_gssapi where pid = pg_backend_pid() and gss_authenticated")
            .unwrap();
        assert_eq!(
            answer(&mut connection).await,
            "RowDescription (ada@TEST) SELECT 1 I"
        );
    }
    // The keys are another service's.
    let other = config.with(trunkline_client::config::Keyword::KrbSrvName, "other");
    let resolved = other.resolve(&Environment::empty()).unwrap();
    let error = Connection::open(&resolved).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("other/localhost"), "{error}");
}
