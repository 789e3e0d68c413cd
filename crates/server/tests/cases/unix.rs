//! Unix-domain sockets (rule ST-07).

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use crate::target::Setup;
use crate::wire::*;

/// A socket's path that goes with the test, even if it fails.
struct Path(std::path::PathBuf);

impl Drop for Path {
    fn drop(&mut self) {
        // The server may have removed it already.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn st_07_no_tls_on_unix_sockets() {
    let path = format!("trunkline-cases-{}.sock", std::process::id());
    let path = Path(std::env::temp_dir().join(path));
    let Some(server) = Setup::default().also_at(&path.0).start_ours() else {
        return;
    };
    let mut socket = UnixStream::connect(&path.0).unwrap();
    let mut answer = [0; 1];
    for request in [ssl_request(), gss_request()] {
        socket.write_all(&request).unwrap();
        socket.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"N");
    }
    let hello = startup(V3_0, &[("user", "postgres"), ("database", "postgres")]);
    socket
        .write_all(&[hello, query("select 1"), terminate()].concat())
        .unwrap();
    let mut reply = Vec::new();
    socket.read_to_end(&mut reply).unwrap();
    assert_eq!(reply[..9], *b"R\0\0\0\x08\0\0\0\0");
    let end = b"D\0\0\0\x0b\0\x01\0\0\0\x011C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I";
    assert!(reply.ends_with(end), "{}", String::from_utf8_lossy(&reply));
    server.stop();
}
