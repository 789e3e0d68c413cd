//! The captured files.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Direction {
    Frontend,
    Backend,
}

/// One captured frame.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) direction: Direction,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Frame {
    /// Whether the frame has no type byte.
    pub(crate) fn is_startup(&self) -> bool {
        const NAMES: [&str; 4] = [
            "StartupMessage",
            "SSLRequest",
            "GSSENCRequest",
            "CancelRequest",
        ];
        NAMES.contains(&self.name.as_str())
    }

    /// Whether this is the one byte that answers a request for encryption, and no frame at all.
    pub(crate) fn is_answer(&self) -> bool {
        self.name == "EncryptionResponse"
    }

    pub(crate) fn tag(&self) -> u8 {
        self.bytes[0]
    }

    pub(crate) fn body(&self) -> &[u8] {
        if self.is_startup() {
            &self.bytes[4..]
        } else {
            &self.bytes[5..]
        }
    }
}

/// Every file of frames, with its path.
pub(crate) fn files() -> Vec<(PathBuf, Vec<Frame>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths = vec![];
    for directory in [root.clone(), root.join("pg15"), root.join("pg18")] {
        paths.extend(
            fs::read_dir(directory)
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "frames")
    });
    paths.sort();
    assert!(paths.len() > 30, "captures are missing: {paths:?}");
    paths
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

/// Every frame of every file, the one-byte answers apart.
pub(crate) fn frames() -> Vec<Frame> {
    let files = files().into_iter();
    files
        .flat_map(|(_, frames)| frames)
        .filter(|frame| !frame.is_answer())
        .collect()
}

fn read(path: &Path) -> Vec<Frame> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(parse)
        .collect()
}

fn parse(line: &str) -> Frame {
    let mut words = line.split(' ');
    let direction = match words.next().unwrap() {
        "F" => Direction::Frontend,
        "B" => Direction::Backend,
        other => panic!("no direction: {other}"),
    };
    let name = words.next().unwrap().to_string();
    let hex = words.next().unwrap().as_bytes();
    let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap();
    let bytes = hex
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect();
    Frame {
        direction,
        name,
        bytes,
    }
}
