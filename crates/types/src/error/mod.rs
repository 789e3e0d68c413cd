//! What can be wrong with a value, in each direction.

mod decode;
mod encode;

pub use decode::{DecodeError, Fault};
pub use encode::EncodeError;
