//! Certificates for channel binding: anything may come from a server.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::auth::EndPoint;

fuzz_target!(|data: &[u8]| {
    if let Ok(end_point) = EndPoint::of_certificate(data) {
        assert!(matches!(end_point.as_bytes().len(), 28 | 32 | 48 | 64));
    }
});
