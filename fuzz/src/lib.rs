//! What the targets share.

pub mod arrays;
pub mod round_trip;
pub mod scalars;
