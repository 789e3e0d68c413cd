//! The type beneath domains.

use std::sync::Arc;

use trunkline_types::Type;

use super::{Kind, UserType};

/// A domain over a domain over … ends somewhere, unless somebody lies.
const DEPTH: usize = 32;

pub(super) fn base(ty: Type, find: impl Fn(Type) -> Option<Arc<UserType>>) -> Type {
    let beneath = |mut ty: Type| {
        for _ in 0..DEPTH {
            match find(ty).as_deref().map(UserType::kind) {
                Some(Kind::Domain { base }) => ty = *base,
                _ => break,
            }
        }
        ty
    };
    let ty = beneath(ty);
    match find(ty).as_deref().map(UserType::kind) {
        Some(Kind::Array { element }) if beneath(*element) != *element => Type::UNSPECIFIED,
        _ => ty,
    }
}
