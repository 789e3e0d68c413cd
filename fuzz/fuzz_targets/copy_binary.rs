//! Binary COPY data, with any options.
//!
//! Input: six bytes for the options and the cuts, then the data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::copy;
use trunkline_proto::copy::Layout;

fuzz_target!(|data: &[u8]| copy::check(Layout::Binary, data));
