//! `#[derive(FromRow)]`, on rows made by hand.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::num::TryFromIntError;

use trunkline_client::{Columns, FromRow, FromRowOwned, Row};
use trunkline_proto::backend::{DataRow, Field, FieldList, RowDescription};
use trunkline_proto::codec::Values;
use trunkline_proto::{Format, Oid};
use trunkline_types::{Decode, Type};

fn columns(columns: &[(&str, Type)]) -> Columns {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, ty)| Field {
            name: name.as_bytes(),
            table: Oid(0),
            column: 0,
            ty: ty.oid(),
            size: ty.size(),
            modifier: -1,
            format: Format::Text,
        })
        .collect();
    let fields = FieldList::from(&fields[..]);
    Columns::new(&RowDescription { fields }).unwrap()
}

/// Decodes a row of texts, which must hold for each of two rows.
fn decode<'r, T: FromRow<'r>>(columns: &'r Columns, values: &'r [Option<&'r [u8]>]) -> T {
    let values = Values::from(values);
    let row = Row::new(columns, DataRow { values }).unwrap();
    row.decode::<T>().unwrap();
    row.decode().unwrap()
}

fn refused<'r, T: FromRow<'r>>(columns: &'r Columns, values: &'r [Option<&'r [u8]>]) -> String {
    let values = Values::from(values);
    let row = Row::new(columns, DataRow { values }).unwrap();
    match row.decode::<T>() {
        Ok(_) => panic!("read"),
        Err(error) => error.to_string(),
    }
}

#[derive(FromRow, Debug, PartialEq)]
struct Person<'a> {
    id: i64,
    name: &'a str,
    #[from_row(rename = "e-mail")]
    mail: Option<&'a str>,
    r#type: String,
}

const PERSON: [(&str, Type); 4] = [
    ("id", Type::INT8),
    ("name", Type::TEXT),
    ("e-mail", Type::TEXT),
    ("type", Type::TEXT),
];

const ADA: Person<'static> = Person {
    id: 7,
    name: "Ada",
    mail: None,
    r#type: String::new(),
};

#[test]
fn columns_stand_in_any_order_among_others() {
    let ordered = columns(&PERSON);
    let values = [Some(&b"7"[..]), Some(b"Ada"), None, Some(b"")];
    assert_eq!(decode::<Person<'_>>(&ordered, &values), ADA);

    let other = ("other", Type::BOOL);
    let [id, name, mail, ty] = PERSON;
    let mixed = columns(&[other, ty, name, other, id, mail, other]);
    let values = [
        None,
        Some(&b""[..]),
        Some(b"Ada"),
        None,
        Some(b"7"),
        None,
        None,
    ];
    assert_eq!(decode::<Person<'_>>(&mixed, &values), ADA);
}

#[test]
fn errors_name_what_is_missing_or_wrong() {
    let [id, name, mail, ty] = PERSON;
    let values = [Some(&b"7"[..]), None, None, Some(b"")];
    assert_eq!(
        refused::<Person<'_>>(&columns(&[id, name, ty]), &values[..3]),
        "there is no column \"e-mail\": the row has id, name, type"
    );
    assert_eq!(
        refused::<Person<'_>>(&columns(&[("id", Type::INT4), name, mail, ty]), &values),
        "column \"id\" is of type integer, which cannot be read as i64"
    );
    assert_eq!(
        refused::<Person<'_>>(&columns(&[id, name, mail, ty]), &values),
        "column \"name\" (text) is NULL: read it as Option<&str>"
    );
}

#[derive(FromRow, Debug, PartialEq)]
struct Pair<A, B>
where
    A: Default,
{
    #[from_row(default)]
    first: A,
    second: Option<B>,
}

/// Reads without borrowing, and says so.
fn owned<T: FromRowOwned>(columns: &Columns, values: &[Option<&[u8]>]) -> T {
    decode(columns, values)
}

#[test]
fn generics_and_defaults() {
    let both = columns(&[("second", Type::TEXT), ("first", Type::INT4)]);
    let values = [Some(&b"b"[..]), Some(b"1")];
    let expected = Pair {
        first: 1,
        second: Some("b".to_owned()),
    };
    assert_eq!(owned::<Pair<i32, String>>(&both, &values), expected);
    assert_eq!(
        decode::<Pair<i32, &str>>(&both, &values),
        Pair {
            first: 1,
            second: Some("b")
        }
    );
    let one = columns(&[("second", Type::TEXT)]);
    assert_eq!(owned::<Pair<i32, String>>(&one, &values[..1]).first, 0);
    assert_eq!(
        refused::<Pair<bool, String>>(&both, &values),
        "column \"first\" is of type integer, which cannot be read as bool"
    );
}

#[derive(FromRow, Debug, PartialEq)]
#[from_row(rename_all = "camelCase")]
struct Cased {
    user_id: i32,
    #[from_row(rename = "as_is")]
    other: i32,
    #[from_row(skip)]
    cache: Vec<std::time::Duration>,
}

#[test]
fn cases_and_skipped_fields() {
    let columns = columns(&[("userId", Type::INT4), ("as_is", Type::INT4)]);
    let cased: Cased = decode(&columns, &[Some(b"1"), Some(b"2")]);
    let expected = Cased {
        user_id: 1,
        other: 2,
        cache: vec![],
    };
    assert_eq!(cased, expected);
}

#[derive(FromRow, Debug, PartialEq)]
struct Joined<'a, E>
where
    E: std::fmt::Debug,
{
    #[from_row(flatten)]
    left: Side<'a>,
    #[from_row(flatten)]
    right: Side<'a>,
    extra: E,
}

#[derive(FromRow, Debug, PartialEq)]
struct Side<'a> {
    id: i32,
    label: &'a str,
}

/// `select a.*, b.*`: each side takes its own of the columns that share a name.
#[test]
fn both_sides_of_a_join() {
    let columns = columns(&[
        ("id", Type::INT4),
        ("label", Type::TEXT),
        ("id", Type::INT4),
        ("label", Type::TEXT),
        ("extra", Type::BOOL),
    ]);
    let values = [
        Some(&b"1"[..]),
        Some(b"one"),
        Some(b"2"),
        Some(b"two"),
        Some(b"t"),
    ];
    let joined: Joined<'_, bool> = decode(&columns, &values);
    let side = |id, label| Side { id, label };
    let expected = Joined {
        left: side(1, "one"),
        right: side(2, "two"),
        extra: true,
    };
    assert_eq!(joined, expected);
}

#[derive(FromRow, Debug, PartialEq)]
struct Point(
    i32,
    #[from_row(skip)] bool,
    #[from_row(try_from = "i64")] u8,
);

#[derive(FromRow, Debug, PartialEq)]
struct Id(i64);

#[derive(FromRow, Debug, PartialEq)]
struct Bytes<'b>(&'b [u8]);

#[test]
fn tuple_structs_take_columns_in_order() {
    let two = columns(&[("x", Type::INT4), ("y", Type::INT8)]);
    let point: Point = decode(&two, &[Some(b"1"), Some(b"2")]);
    assert_eq!(point, Point(1, false, 2));
    assert_eq!(
        refused::<Point>(&two, &[Some(b"1"), Some(b"256")]),
        "column \"y\" cannot be made a u8: out of range integral type conversion attempted"
    );
    assert_eq!(
        refused::<Id>(&two, &[Some(b"1"), Some(b"2")]),
        "the row has 2 columns (x, y) and is to be read as 1 value"
    );
    let bytes = columns(&[("b", Type::BYTEA)]).in_format(Format::Binary);
    assert_eq!(decode::<Bytes<'_>>(&bytes, &[Some(b"\0")]), Bytes(b"\0"));
}

/// More fields than a tuple may have, and none but one in the place that it is looked for.
#[test]
fn many_fields() {
    #[derive(FromRow)]
    struct Many {
        c: i32,
        b: i32,
        a: i32,
        d: i32,
        e: i32,
        f: i32,
        g: i32,
        h: i32,
        i: i32,
        j: i32,
        k: i32,
        l: i32,
        m: i32,
        n: i32,
        o: i32,
        p: i32,
        q: i32,
        r: i32,
    }
    let names: Vec<String> = ('a'..='r').rev().map(String::from).collect();
    let described: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), Type::INT4))
        .collect();
    let texts: Vec<String> = (0..18).map(|n: i32| n.to_string()).collect();
    let values: Vec<_> = texts.iter().map(|text| Some(text.as_bytes())).collect();
    let columns = columns(&described);
    let Many {
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        m,
        n,
        o,
        p,
        q,
        r,
    } = decode(&columns, &values);
    let all = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r];
    let expected: Vec<i32> = (0..18).rev().collect();
    assert_eq!(all[..], expected);
}

/// A type of the user's own.
#[derive(Debug, PartialEq, Default)]
struct Shout(String);

impl<'a> Decode<'a> for Shout {
    fn accepts(ty: Type) -> bool {
        String::accepts(ty)
    }

    fn from_text(ty: Type, raw: &'a [u8]) -> Result<Self, trunkline_types::DecodeError> {
        <&str>::from_text(ty, raw).map(|text| Self(text.to_uppercase()))
    }

    fn from_binary(ty: Type, raw: &'a [u8]) -> Result<Self, trunkline_types::DecodeError> {
        Self::from_text(ty, raw)
    }
}

#[test]
fn fields_of_own_types() {
    #[derive(FromRow)]
    struct Said {
        what: Option<Shout>,
    }
    let columns = columns(&[("what", Type::TEXT)]);
    let said: Said = decode(&columns, &[Some(b"hi")]);
    assert_eq!(said.what, Some(Shout("HI".to_owned())));
}

/// 1 when nobody says.
#[derive(Debug, PartialEq)]
struct Count(u8);

impl Default for Count {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<i64> for Count {
    type Error = TryFromIntError;

    fn try_from(value: i64) -> Result<Self, Self::Error> {
        value.try_into().map(Self)
    }
}

#[test]
fn a_default_is_the_fields_own_and_not_converted() {
    #[derive(FromRow, Debug, PartialEq)]
    struct Order {
        id: i64,
        #[from_row(default, try_from = "i64")]
        count: Count,
    }

    let (id, count) = (("id", Type::INT8), ("count", Type::INT8));
    let without = columns(&[id]);
    let expected = Order {
        id: 7,
        count: Count(1),
    };
    assert_eq!(decode::<Order>(&without, &[Some(b"7")]), expected);

    let with = columns(&[count, id]);
    let expected = Order {
        id: 7,
        count: Count(3),
    };
    let values = [Some(&b"3"[..]), Some(b"7")];
    assert_eq!(decode::<Order>(&with, &values), expected);
    let error = refused::<Order>(&with, &[Some(b"300"), Some(b"7")]);
    assert!(error.contains("\"count\""), "{error}");
}

#[test]
fn a_list_of_names_is_not_taken_for_another() {
    #[derive(FromRow, Debug, PartialEq)]
    struct One {
        a: i32,
    }
    #[derive(FromRow, Debug, PartialEq)]
    struct Two {
        a: i32,
        b: i32,
    }
    #[derive(FromRow, Debug, PartialEq)]
    struct Turned {
        b: i32,
        a: i32,
    }

    let of = columns(&[("a", Type::INT4), ("b", Type::INT4)]);
    let values = [Some(&b"1"[..]), Some(b"2")];
    for _ in 0..2 {
        assert_eq!(decode::<One>(&of, &values), One { a: 1 });
        assert_eq!(decode::<Two>(&of, &values), Two { a: 1, b: 2 });
        assert_eq!(decode::<Turned>(&of, &values), Turned { b: 2, a: 1 });
    }
}

/// Structs whose names, fields and types come from the macro's caller.
macro_rules! make {
    ($named:ident, $unnamed:ident, $field:ident, $ident:ident, $ty:ty) => {
        #[derive(FromRow, Debug, PartialEq)]
        struct $named {
            $field: $ident,
            #[from_row(default)]
            missing: $ty,
            #[from_row(skip)]
            skipped: $ident,
            #[from_row(default, try_from = "i64")]
            count: Count,
            #[from_row(flatten)]
            inner: Inner<$ident>,
        }

        #[derive(FromRow, Debug, PartialEq)]
        struct $unnamed($ident, #[from_row(try_from = "i64")] Count, $ty);
    };
}

#[derive(FromRow, Debug, PartialEq)]
struct Inner<T> {
    b: T,
}

make!(Named, Unnamed, a, i32, Option<i32>);

#[test]
fn macros_may_write_the_struct() {
    let two = columns(&[("a", Type::INT4), ("b", Type::INT4)]);
    let named = Named {
        a: 1,
        missing: None,
        skipped: 0,
        count: Count(1),
        inner: Inner { b: 2 },
    };
    assert_eq!(decode::<Named>(&two, &[Some(b"1"), Some(b"2")]), named);
    let three = columns(&[("a", Type::INT4), ("n", Type::INT8), ("b", Type::INT4)]);
    let values = [Some(&b"1"[..]), Some(b"2"), None];
    let unnamed = Unnamed(1, Count(2), None);
    assert_eq!(decode::<Unnamed>(&three, &values), unnamed);
}

#[test]
fn underscores_of_fields_are_kept() {
    #[derive(FromRow, Debug, PartialEq)]
    #[from_row(rename_all = "UPPERCASE")]
    struct User {
        user_id: i32,
        type_: i32,
    }

    let of = columns(&[("USER_ID", Type::INT4), ("TYPE_", Type::INT4)]);
    let expected = User {
        user_id: 1,
        type_: 2,
    };
    assert_eq!(decode::<User>(&of, &[Some(b"1"), Some(b"2")]), expected);
}
