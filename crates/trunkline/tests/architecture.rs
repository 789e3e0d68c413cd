//! Who may import whom, and what the core must not know: the rules of ARCHITECTURE.md, checked.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each crate below `crates/`, and the crates of this project that it may import.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("derive", ""),
    ("proto", ""),
    ("types", "derive proto"),
    ("server", "proto types"),
    ("client", "derive proto types"),
    ("replication", "proto types server client"),
    ("proxy", "proto types server client"),
    ("trunkline", "proto types server client replication proxy"),
    (
        "gateway",
        "proto types server client replication proxy trunkline",
    ),
];

/// The modules of `proto`, and those of its modules that each may name besides its own.
const MAY_NAME: &[(&str, &str)] = &[
    ("name", ""),
    ("oid", ""),
    ("sqlstate", ""),
    ("limits", "codec frame"),
    ("codec", "name oid sqlstate"),
    ("frame", "codec"),
    ("frontend", "codec frame limits name oid sqlstate"),
    ("backend", "codec frame frontend limits name oid sqlstate"),
    (
        "trace",
        "backend codec frame frontend limits name oid sqlstate",
    ),
    ("copy", "codec oid sqlstate"),
    ("auth", "sqlstate"),
    ("sql", "sqlstate"),
    (
        "server",
        "auth backend codec frame frontend limits name oid sql sqlstate",
    ),
    (
        "client",
        "auth backend codec frame frontend limits name oid sql sqlstate",
    ),
];

/// What the core would need only if it did input or output.
const RUNTIMES: &str = "tokio futures mio async smol socket2 getrandom rand iana-time-zone";

/// Other implementations of the wire protocol: for `interop/` and `bench/` alone.
const PEERS: &str = "tokio-postgres postgres postgres-protocol pgwire sqlx diesel pq-sys";

#[test]
fn crates_import_in_one_direction() {
    for (name, folder) in crates() {
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| {
                panic!("crates/{name} is not in the table above: say whom it may import")
            });
        for dependency in dependencies(&folder, &["--depth", "1"]) {
            let Some(ours) = dependency.strip_prefix("trunkline") else {
                continue;
            };
            let ours = if ours.is_empty() {
                "trunkline"
            } else {
                ours.trim_start_matches('-')
            };
            assert!(
                ours == name || lists(allowed, ours),
                "{name} may not import {ours}"
            );
        }
    }
}

#[test]
fn the_core_has_no_runtime() {
    for (name, folder) in crates().into_iter().filter(|(name, _)| is_core(name)) {
        for dependency in dependencies(&folder, &[]) {
            let runtime = RUNTIMES.split(' ').find(|runtime| {
                dependency == *runtime || dependency.starts_with(&format!("{runtime}-"))
            });
            assert!(
                runtime.is_none(),
                "{name} depends on {dependency}: the core has no runtime, clock or random source"
            );
        }
    }
}

/// `client::blocking` is for programs that want none, and `config` is below both.
#[test]
fn the_blocking_client_has_no_runtime() {
    let facade = repository().join("crates/trunkline");
    let features = ["--no-default-features", "--features", "client-blocking"];
    let names = tree(&facade, &[&features[..], &["-e", "normal"]].concat());
    assert!(names.contains("trunkline-client"), "{names:?}");
    for name in names {
        assert!(
            !["tokio", "tokio-rustls", "mio", "futures", "async-trait"].contains(&&*name),
            "client-blocking depends on {name}"
        );
    }
}

#[test]
fn the_core_is_no_std() {
    for (name, folder) in crates().into_iter().filter(|(name, _)| is_core(name)) {
        let root = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
        assert!(
            root.lines().any(|line| line == "#![no_std]"),
            "{name} is not #![no_std]"
        );
        for file in sources(&folder.join("src")) {
            let text = without_tests(&file);
            assert!(
                !text.contains("extern crate std"),
                "{} brings std back",
                file.display()
            );
        }
    }
}

#[test]
fn no_other_implementation_of_the_protocol_is_used() {
    for (name, folder) in crates() {
        for dependency in dependencies(&folder, &["-e", "all"]) {
            assert!(
                !lists(PEERS, &dependency),
                "{name} depends on {dependency}: only interop/ and bench/ may"
            );
        }
    }
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let workspace = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    assert!(
        workspace.contains("unsafe_code = \"forbid\""),
        "the workspace's lints do not forbid unsafe code"
    );
    for (name, folder) in crates() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} does not take the workspace's lints"
        );
        for root in ["src/lib.rs", "src/main.rs"]
            .map(|root| folder.join(root))
            .iter()
            .filter(|root| root.exists())
        {
            let text = fs::read_to_string(root).unwrap();
            assert!(
                text.contains("#![forbid(unsafe_code)]"),
                "{} does not forbid unsafe code",
                root.display()
            );
        }
    }
}

#[test]
fn modules_of_the_core_import_in_one_direction() {
    let folder = repository().join("crates/proto/src");
    for file in sources(&folder) {
        let relative = file.strip_prefix(&folder).unwrap();
        let module = relative
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        let (_, allowed) = MAY_NAME
            .iter()
            .find(|(known, _)| *known == module)
            .unwrap_or_else(|| {
                panic!("module {module} of proto is not in the table above: say what it may name")
            });
        for named in named_modules(&without_tests(&file)) {
            let is_module = MAY_NAME.iter().any(|(known, _)| *known == named);
            assert!(
                !is_module || named == module || lists(allowed, &named),
                "{}: {module} may not name {named}",
                file.display()
            );
        }
    }
}

#[test]
fn configuration_of_clients_stands_alone() {
    // The blocking client uses it as well, and is built without a runtime.
    let folder = repository().join("crates/client/src");
    let mut files = sources(&folder.join("config"));
    files.push(folder.join("config.rs"));
    for file in files {
        let text = without_tests(&file);
        let named = named_modules(&text);
        // The hooks of logins are the user's, and a configuration holds them.
        assert!(
            named.iter().all(|module| lists("config gss oauth", module)),
            "{}: config may name no other module of client, but names {named:?}",
            file.display()
        );
        for runtime in RUNTIMES.split(' ').chain(["rustls", "tokio_rustls"]) {
            assert!(
                !text.contains(&format!("{runtime}::")),
                "{}: config may not use {runtime}",
                file.display()
            );
        }
    }
}

#[test]
fn a_file_is_one_idea() {
    for (_, folder) in crates() {
        for file in sources(&folder.join("src")) {
            let text = without_tests(&file);
            let lines = text.lines().count();
            assert!(
                lines <= 700 || text.contains("Generated by"),
                "{} has {lines} lines: 700 is the end",
                file.display()
            );
        }
    }
}

/// Whether a list of names, with spaces between them, has this one.
fn lists(names: &str, name: &str) -> bool {
    names.split(' ').any(|listed| listed == name)
}

fn is_core(name: &str) -> bool {
    matches!(name, "proto" | "types")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}

/// The crates below `crates/`: the folder's name and where it is.
fn crates() -> Vec<(String, PathBuf)> {
    let folders = fs::read_dir(repository().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut crates: Vec<_> = folders
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            (
                folder.file_name().unwrap().to_str().unwrap().to_owned(),
                folder,
            )
        })
        .collect();
    crates.sort();
    assert!(crates.len() >= 5, "only {} crates found", crates.len());
    crates
}

/// The names that `cargo tree` shows for a crate with all its features: normal dependencies unless `more` says otherwise.
fn dependencies(folder: &Path, more: &[&str]) -> BTreeSet<String> {
    let edges: &[&str] = if more.contains(&"-e") {
        &[]
    } else {
        &["-e", "normal"]
    };
    tree(folder, &[&["--all-features"], edges, more].concat())
}

/// The names that `cargo tree` shows.
fn tree(folder: &Path, more: &[&str]) -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "--prefix", "none", "--format", "{p}"]);
    let output = tree.args(more).current_dir(folder).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(
        !names.is_empty(),
        "cargo tree shows nothing for {}",
        folder.display()
    );
    names
}

/// Every Rust source below a folder, but for files of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                found.extend(sources(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_none_or(|name| name != "tests.rs")
        {
            found.push(path);
        }
    }
    found
}

/// A source without its comments and its tests, which stand last in a file.
fn without_tests(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first name of every path that starts with `crate::`, those in braces included.
fn named_modules(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (start, found) in text.match_indices("crate::") {
        let rest = &text[start + found.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            names.extend(first_names(group));
        } else {
            names.insert(identifier(rest));
        }
    }
    names
}

/// The first name of each path in the braces that have just been opened.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut at_start) = (0, Vec::new(), true);
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !character.is_whitespace() => {
                names.push(identifier(&group[index..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

#[test]
fn paths_are_found_in_sources() {
    let text = "use crate::frame;\nuse crate::{Oid, backend::{Field, name}, sql};\nfn f() { crate::auth::g() }";
    let names = named_modules(text);
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        ["Oid", "auth", "backend", "frame", "sql"]
    );
}
