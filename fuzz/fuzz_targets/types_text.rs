//! Every value type from text: what is read is written, in both formats, and read back as the same.
//!
//! Input: a byte for the type, then the value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::scalars;

fuzz_target!(|data: &[u8]| scalars::from_text(data));
