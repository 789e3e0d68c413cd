//! Properties of codecs: what is written is read again, and nothing that is read makes a decoder panic.

mod backend;
mod frontend;
mod hostile;
mod parts;
