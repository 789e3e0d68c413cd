//! Numbers (PostgreSQL docs 8.1): integers, OIDs, floating point, numeric.

mod digits;
mod float;
mod int;
mod numeric;
mod shortest;

pub use numeric::Numeric;

pub(crate) use digits::{PAIRS, ZEROS, spread};
