//! Text, bytes and what is stored as either (PostgreSQL docs 8.3, 8.4, 8.12, 8.14).

mod bytea;
mod json;
mod string;
mod uuid;

pub use json::Json;
pub use uuid::Uuid;
