//! Arrays of several element types, in both formats (SEC-85).
//!
//! Input: a byte for the type and the format, then the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::arrays;

fuzz_target!(|data: &[u8]| arrays::from_either(data));
