//! Part of Trunkline.
#![forbid(unsafe_code)]
