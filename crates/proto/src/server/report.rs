//! Errors as the machine writes them: the severity follows from the phase, never from the caller.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::ProtocolError;
use crate::backend::{Report, Severity};
use crate::{EncodeError, SqlState};

/// An ErrorResponse of severity ERROR.
pub(super) fn error(report: &Report<'_>, output: &mut Vec<u8>) -> Result<(), EncodeError> {
    with_severity(report, Severity::Error, output)
}

/// An ErrorResponse of severity FATAL.
pub(super) fn fatal(report: &Report<'_>, output: &mut Vec<u8>) -> Result<(), EncodeError> {
    with_severity(report, Severity::Fatal, output)
}

fn with_severity(
    report: &Report<'_>,
    severity: Severity,
    output: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    Report {
        severity,
        localized_severity: None,
        ..*report
    }
    .encode_error(output)
}

/// The ErrorResponse to a fault of the peer.
pub(super) fn protocol(error: &ProtocolError, severity: Severity, output: &mut Vec<u8>) {
    write(severity, &error.to_string(), error.sqlstate(), output);
}

/// The second of the two errors that end a COPY which something else interrupts (rule CP-03).
pub(super) fn lost_synchronization(output: &mut Vec<u8>) {
    write(
        Severity::Fatal,
        "terminating connection because protocol synchronization was lost",
        SqlState::PROTOCOL_VIOLATION,
        output,
    );
}

fn write(severity: Severity, message: &str, sqlstate: SqlState, output: &mut Vec<u8>) {
    Report::new(severity, sqlstate, message.as_bytes())
        .encode_error(output)
        .expect("our own messages hold no NUL byte and are short");
}
