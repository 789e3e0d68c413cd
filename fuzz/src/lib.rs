//! What the targets share.

pub mod arrays;
pub mod composites;
pub mod copy;
pub mod frames;
pub mod round_trip;
pub mod scalars;
pub mod session;
