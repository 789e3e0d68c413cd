//! The property that every value type has.

use trunkline_types::{Decode, Encode, Type};

/// A value read from text is written and read back, in both formats, as the same text and the same bytes.
pub fn from_text<T: Owned>(ty: Type, raw: &[u8]) {
    assert!(<T as Encode>::accepts(ty) && <T as Decode<'_>>::accepts(ty));
    if let Ok(value) = T::from_text(ty, raw) {
        same(&value, ty);
    }
}

/// The same for a value read from binary.
pub fn from_binary<T: Owned>(ty: Type, raw: &[u8]) {
    if let Ok(value) = T::from_binary(ty, raw) {
        same(&value, ty);
    }
}

/// Types that borrow nothing and go both ways.
pub trait Owned: Encode + for<'a> Decode<'a> {}

impl<T: Encode + for<'a> Decode<'a>> Owned for T {}

fn same<T: Owned>(value: &T, ty: Type) {
    let name = ty.name();
    let mut text = Vec::new();
    value
        .encode_text(ty, &mut text)
        .unwrap_or_else(|e| panic!("{name}: text of a value read: {e}"));
    let mut binary = Vec::new();
    value
        .encode_binary(ty, &mut binary)
        .unwrap_or_else(|e| panic!("{name}: bytes of a value read: {e}"));

    let shown = text.escape_ascii().to_string();
    let by_binary =
        T::from_binary(ty, &binary).unwrap_or_else(|e| panic!("{name} {binary:02x?}: {e}"));
    let by_text = match T::from_text(ty, &text) {
        Ok(value) => Some(("text", value)),
        // The one value whose text PostgreSQL itself does not read: -2562047788:00:54.775808.
        Err(_) if ty == Type::INTERVAL && binary.starts_with(&i64::MIN.to_be_bytes()) => None,
        Err(e) => panic!("{name} {shown}: {e}"),
    };
    for (how, again) in by_text.into_iter().chain([("binary", by_binary)]) {
        let mut out = Vec::new();
        again
            .encode_text(ty, &mut out)
            .expect("it was written before");
        assert_eq!(
            out.escape_ascii().to_string(),
            shown,
            "{name} read back from {how}"
        );
        out.clear();
        again
            .encode_binary(ty, &mut out)
            .expect("it was written before");
        assert_eq!(out, binary, "{name} {shown} read back from {how}");
    }
}
