//! PostgreSQL values: types, text and binary codecs.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
