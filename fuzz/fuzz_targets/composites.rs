//! Composites, in both formats (SEC-85).
//!
//! Input: a byte for the format, then the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::composites;

fuzz_target!(|data: &[u8]| composites::from_either(data));
