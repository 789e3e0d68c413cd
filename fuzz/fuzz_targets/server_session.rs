//! Any sequence of what a client sends and what a server answers with: the machine lets through only what a client can follow.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_fuzz::session::Session;

fuzz_target!(|data: &[u8]| Session::new(data).run());
