#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use super::*;

#[test]
fn every_type_is_found_by_both_its_names() {
    for &ty in Type::ALL {
        if ty != Type::CHAR {
            assert_eq!(Type::from_name(ty.name()), Some(ty), "{ty:?}");
        }
        assert_eq!(Type::from_name(ty.sql_name()), Some(ty), "{ty:?}");
    }
}

#[test]
fn arrays_and_elements_point_at_each_other() {
    for &ty in Type::ALL {
        if let Some(array) = ty.array() {
            assert_eq!(array.element(), Some(ty), "{ty:?}");
            assert_eq!(array.kind(), Kind::Array);
        }
        if let Some(element) = ty.element() {
            assert_eq!(element.array(), Some(ty), "{ty:?}");
        }
    }
    assert_eq!(Type::INT4RANGE.bound(), Some(Type::INT4));
    assert_eq!(Type::BOX_ARRAY.delimiter(), b';');
}

#[test]
fn names_of_the_grammar_are_understood() {
    for (name, ty) in [
        ("int", Type::INT4),
        ("INTEGER", Type::INT4),
        ("varchar(20)", Type::VARCHAR),
        ("character varying (20)", Type::VARCHAR),
        ("numeric(10, 2)", Type::NUMERIC),
        ("timestamp(3) with time zone", Type::TIMESTAMPTZ),
        ("timestamp", Type::TIMESTAMP),
        ("float(24)", Type::FLOAT4),
        ("float(25)", Type::FLOAT8),
        ("  double   precision ", Type::FLOAT8),
        ("int4[]", Type::INT4_ARRAY),
        ("integer [3][3]", Type::INT4_ARRAY),
        ("numeric(10,2)[]", Type::NUMERIC_ARRAY),
        ("pg_catalog.int8", Type::INT8),
        ("char", Type::BPCHAR),
        ("\"char\"", Type::CHAR),
        ("bool", Type::BOOL),
    ] {
        assert_eq!(Type::from_name(name), Some(ty), "{name}");
    }
    for name in ["", "nope", "int4[x]", "int4[", "]", "("] {
        assert_eq!(Type::from_name(name), None, "{name}");
    }
}

#[test]
fn a_type_of_one_database_is_held() {
    let mood = Type::from_oid(Oid(16_412));
    assert_eq!(
        (mood.name(), mood.size(), mood.kind()),
        ("???", -1, Kind::Unknown)
    );
    assert_eq!(alloc::format!("{mood}"), "oid 16412");
}
