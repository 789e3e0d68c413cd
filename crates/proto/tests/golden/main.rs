//! Messages as real PostgreSQL and real libpq sent them; see capture.py for how they were caught.

mod coverage;
mod fixtures;
mod frames;
mod rebuilt;
mod trace;
