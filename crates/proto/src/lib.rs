//! The PostgreSQL wire protocol as pure state machines and codecs.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
