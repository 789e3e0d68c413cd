//! What the trace printer prints, beside what libpq's `PQtrace` printed of the same session.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::fs;

use trunkline_proto::trace::{Encryption, Printer};

use crate::fixtures::{Direction, Frame, files};

#[test]
fn every_session_reads_as_libpq_prints_it() {
    let mut sessions = 0;
    for (path, frames) in files() {
        let trace = path.with_extension("trace");
        let Ok(text) = fs::read_to_string(&trace) else {
            continue;
        };
        let regress = trace.to_string_lossy().contains("regress");
        compare(&trace.display().to_string(), &frames, &text, regress);
        sessions += 1;
    }
    assert!(sessions >= 20, "{sessions} sessions");
}

fn compare(path: &str, frames: &[Frame], text: &str, regress: bool) {
    let mut printer = if regress {
        Printer::regress()
    } else {
        Printer::new()
    };
    let of = |direction| {
        // libpq does not trace this one message, nor what goes over another connection.
        let traced = move |frame: &&Frame| {
            frame.direction == direction
                && !["AuthenticationOk", "CancelRequest"].contains(&frame.name.as_str())
        };
        frames.iter().filter(traced)
    };
    let (mut sent, mut received) = (of(Direction::Frontend), of(Direction::Backend));
    let mut rest = text;
    while let Some(direction) = rest.chars().next() {
        let frame = match direction {
            'F' => sent.next(),
            'B' => received.next(),
            _ => panic!("{path}: what is this? {rest}"),
        };
        let frame = frame.unwrap_or_else(|| panic!("{path}: no frame is left for {rest}"));
        let mut line = String::new();
        print(&mut printer, &mut line, frame);
        rest = match frame.name.as_str() {
            // libpq leaves out the salt and most of a long key, and then finds its own line too short.
            "AuthenticationMD5Password" => rest.strip_prefix(&line).and_then(|rest| {
                rest.strip_prefix("mismatched message length: consumed 8, expected 12\n")
            }),
            "BackendKeyData" if frame.body().len() > 8 => {
                let (pid, _) = line.split_once(" '").unwrap();
                assert!(rest.starts_with(pid), "{path}: {rest}");
                rest.split_once("mismatched message length: consumed 12, expected 40\n")
                    .map(|(_, rest)| rest)
            }
            _ => rest.strip_prefix(&line),
        }
        .unwrap_or_else(|| {
            panic!(
                "{path}:\nlibpq prints {:?}\nwe print     {line:?}",
                rest.lines().next()
            )
        });
    }
    assert_eq!(
        (sent.next().is_none(), received.next().is_none()),
        (true, true),
        "{path} ends early"
    );
}

fn print(printer: &mut Printer, line: &mut String, frame: &Frame) {
    match frame.direction {
        _ if frame.is_answer() => printer.encryption(line, Encryption::Ssl, frame.tag()),
        _ if frame.is_startup() => printer.startup(line, frame.body()),
        Direction::Frontend => printer.frontend(line, frame.tag(), frame.body()),
        Direction::Backend => printer.backend(line, frame.tag(), frame.body()),
    }
    .unwrap();
}
