//! COPY: rows from and to the data of the core's codecs, with the values that are stored.

mod read;
mod store;
mod write;

pub(crate) use read::Reader;
pub(crate) use write::Writer;
