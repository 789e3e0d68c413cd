//! Each case of protocol 6.8, and each row of chapter 5 that a client has to meet, is named by a test; which one, a search for its id says.

use std::fs;
use std::path::{Path, PathBuf};

/// Rows of chapter 5 with the client's role. Left out are those about GSSAPI encryption, which this client does not offer (SEC-10), and
/// about replication and backups (SEC-68, SEC-100 to SEC-107), which it leaves to others; and what only reading the code can show:
/// comparison in constant time (SEC-24), and that no SQL and no code is made of the server's names (SEC-83).
const SECURITY: [u8; 49] = [
    2, 3, 6, 7, 8, 9, 11, 12, 13, 14, 20, 21, 22, 26, 27, 28, 30, 31, 32, 34, 35, 40, 41, 43, 44,
    45, 46, 47, 48, 49, 50, 51, 52, 60, 64, 65, 66, 67, 72, 80, 81, 82, 84, 85, 87, 88, 89, 91, 92,
];

/// The files of tests below a folder: those in folders of tests, and those that are called so.
fn collect(folder: &Path, within: bool, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_test = within || ["tests", "tests.rs", "fuzz_targets"].contains(&&*name);
        if path.is_dir() {
            if name != "target" {
                collect(&path, is_test, files);
            }
        } else if name.ends_with(".rs") && name != "coverage.rs" {
            let text = fs::read_to_string(&path).unwrap();
            if is_test || text.contains("#[cfg(test)]\nmod tests {") {
                files.push(path);
            }
        }
    }
}

#[test]
fn each_case_is_named_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![];
    for folder in ["crates/client", "crates/proto", "crates/types", "fuzz"] {
        collect(&root.join(folder), false, &mut files);
    }
    let text: String = files
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let names = |id: &str| {
        text.match_indices(id).any(|(at, _)| {
            let next = text[at + id.len()..].chars().next();
            next.is_none_or(|next| !next.is_ascii_digit())
        })
    };
    let cases = (1..=24).map(|number| format!("T-L{number:02}"));
    let rows = SECURITY.iter().map(|number| format!("SEC-{number:02}"));
    let more = ["SEC-93", "SEC-94", "SEC-108"].map(String::from);
    let missing: Vec<_> = cases
        .chain(rows)
        .chain(more)
        .filter(|id| !names(id))
        .collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}
