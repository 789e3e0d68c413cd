//! Types beneath others, without a server.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::sync::Arc;

use trunkline_proto::backend::{DataRow, Field, FieldList, RowDescription};
use trunkline_proto::codec::Values;
use trunkline_proto::{Format, Oid};
use trunkline_types::Type;

use super::*;
use crate::{Columns, Row};

/// A catalog of types with OIDs from 20000 on, by what `typtype`, `typbasetype` and `typelem` say of each.
fn catalog(types: &[(&str, u32, u32)]) -> Catalog {
    let described = [
        Type::OID,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::OID,
        Type::OID,
        Type::OID,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::OID_ARRAY,
        Type::OID,
    ];
    let fields: Vec<_> = described
        .iter()
        .map(|ty| Field {
            name: b"?column?",
            table: Oid(0),
            column: 0,
            ty: ty.oid(),
            size: ty.size(),
            modifier: -1,
            format: Format::Text,
        })
        .collect();
    let fields = FieldList::from(&fields[..]);
    let columns = Columns::new(&RowDescription { fields }).unwrap();
    let catalog = Catalog::new();
    for ((kind, base, element), oid) in types.iter().zip(20_000..) {
        let texts = [
            oid.to_string(),
            "public".into(),
            format!("t{oid}"),
            (*kind).into(),
            "0".into(),
            base.to_string(),
            element.to_string(),
            "{a,\"b c\"}".into(),
            "{x}".into(),
            "{23}".into(),
        ];
        let mut values: Vec<_> = texts.iter().map(|text| Some(text.as_bytes())).collect();
        values.push(None);
        let values = Values::from(&values[..]);
        catalog
            .add(Row::new(&columns, DataRow { values }).unwrap())
            .unwrap();
    }
    catalog
}

fn own(oid: u32) -> Type {
    Type::from_oid(Oid(oid))
}

#[test]
fn domains_are_seen_through() {
    let catalog = catalog(&[
        ("d", 23, 0),     // 20000: over integer
        ("d", 20_000, 0), // 20001: over that
        ("a", 0, 20_000), // 20002: array of a domain
        ("d", 1007, 0),   // 20003: over integer[]
        ("e", 0, 0),      // 20004: an enum
        ("a", 0, 20_004), // 20005: array of it
        ("d", 20_007, 0), // 20006 and 20007: a lie
        ("d", 20_006, 0),
    ]);
    for (ty, base) in [
        (own(20_000), Type::INT4),
        (own(20_001), Type::INT4),
        (own(20_002), Type::UNSPECIFIED),
        (own(20_003), Type::INT4_ARRAY),
        (own(20_004), own(20_004)),
        (own(20_005), own(20_005)),
        (own(30_000), own(30_000)),
        (Type::INT8, Type::INT8),
    ] {
        assert_eq!(catalog.base(ty), base, "{ty:?}");
    }
    assert!(!catalog.base(own(20_006)).is_built_in());
}

#[test]
fn what_is_not_known_is_to_be_asked_for_once() {
    let catalog = catalog(&[("e", 0, 0)]);
    let types = [own(20_000), own(20_009), Type::INT4, own(20_009), own(0)];
    assert_eq!(catalog.unknown(types), [Oid(20_009)]);
    catalog.clear();
    assert_eq!(catalog.unknown(types), [Oid(20_000), Oid(20_009)]);
}

#[test]
fn a_type_is_found_by_oid_and_name() {
    let catalog = catalog(&[("e", 0, 0), ("c", 0, 0)]);
    let mood: Arc<UserType> = catalog.find(Oid(20_000)).unwrap();
    let labels: Box<[String]> = ["a".into(), "b c".into()].into();
    assert_eq!(mood.kind(), &Kind::Enum { labels });
    assert_eq!(catalog.find_name("public", "t20000"), Some(mood));
    assert_eq!(catalog.find_name("other", "t20000"), None);
    let attributes: Box<[Attribute]> = [Attribute {
        name: "x".into(),
        ty: Type::INT4,
    }]
    .into();
    let composite = catalog.find(Oid(20_001)).unwrap();
    assert_eq!(composite.kind(), &Kind::Composite { attributes });
}
