//! `uuid::Uuid` is `uuid`.

use super::by_way_of;
use crate::Uuid;

by_way_of!(
    ::uuid::Uuid,
    Uuid,
    UUID,
    |uuid| Some(Uuid::from_bytes(*uuid.as_bytes())),
    |uuid| Some(Self::from_bytes(*uuid.as_bytes()))
);
