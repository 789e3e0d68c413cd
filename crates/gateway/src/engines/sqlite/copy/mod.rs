//! COPY: rows from and to text, CSV and PostgreSQL's binary form (PostgreSQL docs, COPY, "File Formats").

mod read;
mod store;
mod write;

use trunkline_server::Format;

pub(crate) use read::Decoder;
pub(crate) use write::Writer;

use super::translate::CopyFormat;

/// What begins a binary stream, before its flags and its extension.
pub(crate) const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// Text or binary, as CopyInResponse tells.
pub(crate) fn wire_format(format: &CopyFormat) -> Format {
    if format.binary {
        Format::Binary
    } else {
        Format::Text
    }
}
