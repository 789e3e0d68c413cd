//! Rows and parameters without a server.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_proto::backend::{DataRow, Field, FieldList, RowDescription};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::{Decode as _, Format, Oid, PortalName, StatementName, frame, frontend};
use trunkline_types::{AnyValue, Type};

use super::*;

/// Columns of these names and types, all in one format.
fn columns(columns: &[(&str, Type)], format: Format) -> Columns {
    let fields: Vec<_> = columns
        .iter()
        .map(|(name, ty)| Field {
            name: name.as_bytes(),
            table: Oid(0),
            column: 0,
            ty: ty.oid(),
            size: ty.size(),
            modifier: -1,
            format,
        })
        .collect();
    let fields = FieldList::from(&fields[..]);
    Columns::new(&RowDescription { fields }).unwrap()
}

fn row<'r>(columns: &'r Columns, values: &'r [Option<&'r [u8]>]) -> Row<'r> {
    let values = Values::from(values);
    Row::new(columns, DataRow { values }).unwrap()
}

const PEOPLE: [(&str, Type); 3] = [
    ("id", Type::INT4),
    ("name", Type::TEXT),
    ("Name", Type::TEXT),
];

#[test]
fn a_row_is_read_by_place_by_name_and_whole() {
    for (format, one) in [(Format::Text, &b"1"[..]), (Format::Binary, b"\0\0\0\x01")] {
        let columns = columns(&PEOPLE, format);
        let values = [Some(one), Some(&b"Ada"[..]), None];
        let row = row(&columns, &values);
        assert_eq!(row.get::<i32>(0).unwrap(), 1);
        assert_eq!(row.get::<&str>("name").unwrap(), "Ada");
        assert_eq!(row.get::<Option<&str>>("Name").unwrap(), None);
        assert_eq!(row.raw(1), Some(&b"Ada"[..]));
        assert_eq!((row.raw(2), row.raw(3)), (None, None));
        let all: (i32, &str, Option<String>) = row.decode().unwrap();
        assert_eq!(all, (1, "Ada", None));
        let owned = row.to_owned();
        assert_eq!(
            owned.decode::<(i32, &str, Option<&str>)>().unwrap(),
            (1, "Ada", None)
        );
        assert_eq!(owned.get::<&str>(1).unwrap(), "Ada");
    }
}

#[test]
fn formats_may_differ_by_column() {
    let columns = columns(&PEOPLE, Format::Text).in_formats([Format::Binary]);
    let values = [Some(&b"\0\0\0\x07"[..]), Some(&b"Ada"[..]), None];
    let row = row(&columns, &values);
    assert_eq!(
        row.decode::<(i32, &str, Option<&str>)>().unwrap(),
        (7, "Ada", None)
    );
    assert_eq!(row.get::<i32>("id").unwrap(), 7);
}

#[test]
fn errors_name_the_column_its_type_and_the_rust_type() {
    let columns = columns(&PEOPLE, Format::Text);
    let values = [Some(&b"seven"[..]), None, None];
    let row = row(&columns, &values);
    let message = |error: crate::Error| {
        assert!(!error.is_closed());
        error.to_string()
    };
    for (error, expected) in [
        (
            row.get::<i64>("id").unwrap_err(),
            "column \"id\" is of type integer, which cannot be read as i64",
        ),
        (
            row.get::<i32>("id").unwrap_err(),
            "column \"id\" (integer) cannot be read as i32: invalid input syntax for type integer: \"seven\"",
        ),
        (
            row.get::<&str>("name").unwrap_err(),
            "column \"name\" (text) is NULL: read it as Option<&str>",
        ),
        (
            row.get::<&str>("nane").unwrap_err(),
            "there is no column \"nane\": the row has id, name, Name",
        ),
        (
            row.get::<&str>(3).unwrap_err(),
            "there is no column at place 3: the row has 3 columns, counted from 0",
        ),
        (
            row.decode::<(i32, &str)>().unwrap_err(),
            "the row has 3 columns (id, name, Name) and is to be read as 2 values",
        ),
        (
            row.decode::<(i32, bool, &str)>().unwrap_err(),
            "column \"name\" is of type text, which cannot be read as bool",
        ),
        (
            row.decode::<(i32, &str, &str)>().unwrap_err(),
            "column \"id\" (integer) cannot be read as i32: invalid input syntax for type integer: \"seven\"",
        ),
    ] {
        assert_eq!(message(error), expected);
    }
    let short = [None];
    let values = Values::from(&short);
    assert_eq!(
        message(Row::new(&columns, DataRow { values }).unwrap_err()),
        "the server sent a row of 1 values in a result of 3 columns"
    );
}

/// A check that was passed holds for its type alone.
#[test]
fn each_type_is_checked() {
    let columns = columns(&PEOPLE[..1], Format::Binary);
    let values = [Some(&b"\0\0\0\x07"[..])];
    let row = row(&columns, &values);
    for _ in 0..2 {
        assert_eq!(row.decode::<(i32,)>().unwrap(), (7,));
        assert_eq!(row.decode::<Vec<i32>>().unwrap(), [7]);
        row.decode::<(i16,)>().unwrap_err();
        row.decode::<(f32,)>().unwrap_err();
    }
}

fn bound(types: ParamTypes<'_>, params: impl Params, results: &[Format]) -> crate::Result<Vec<u8>> {
    let mut out = b"before".to_vec();
    let binding = Binding {
        portal: PortalName::from("p"),
        statement: StatementName::from("s"),
        types,
        format: Format::Binary,
        results,
    };
    let done = bind(&binding, &params, &mut out);
    if done.is_err() {
        assert_eq!(out, b"before");
    }
    done.map(|()| out.split_off(b"before".len() + frame::HEADER_LEN))
}

#[test]
fn a_bind_has_as_few_formats_as_can_be() {
    use Format::{Binary, Text};
    const INTS: [Type; 2] = [Type::INT4, Type::INT4];
    for (types, results, formats) in [
        (ParamTypes::All(&INTS), &[][..], (&[1][..], &[][..])),
        (ParamTypes::First(&[]), &[Text], (&[], &[])),
        (ParamTypes::First(&INTS[..1]), &[Binary], (&[1, 0], &[1])),
        (ParamTypes::All(&INTS), &[Text, Text], (&[1], &[])),
        (ParamTypes::All(&INTS), &[Binary, Binary], (&[1], &[1])),
        (ParamTypes::All(&INTS), &[Binary, Text], (&[1], &[1, 0])),
    ] {
        let body = bound(types, (7, None::<i32>), results).unwrap();
        let bind = frontend::Bind::decode(&body).unwrap();
        assert_eq!((bind.portal, bind.statement), ("p".into(), "s".into()));
        assert_eq!(bind.param_formats, Formats::from(formats.0));
        assert_eq!(bind.result_formats, Formats::from(formats.1));
        let seven = if bind.param_formats.resolve(0, 2) == Some(1) {
            &b"\0\0\0\x07"[..]
        } else {
            b"7"
        };
        assert_eq!(bind.params, Values::from(&[Some(seven), None]));
    }
}

#[test]
fn parameters_may_be_tuples_lists_and_mixed_lists() {
    let types = [Type::INT4, Type::TEXT];
    let expected = bound(ParamTypes::All(&types), (1, "a"), &[]).unwrap();
    let mixed: &[&dyn AnyValue] = &[&1, &"a"];
    let (one, a) = (1, "a".to_owned());
    let tuple = &(1, "a");
    for body in [
        bound(ParamTypes::All(&types), tuple, &[]),
        bound(ParamTypes::All(&types), mixed, &[]),
        bound(ParamTypes::All(&types), mixed.to_vec(), &[]),
        bound(ParamTypes::All(&types), (&one, Some(&a)), &[]),
    ] {
        assert_eq!(body.unwrap(), expected);
    }
    let list = bound(ParamTypes::First(&[]), ["a"; 20], &[]).unwrap();
    assert_eq!(frontend::Bind::decode(&list).unwrap().params.len(), 20);
}

#[test]
fn errors_name_the_parameter() {
    let types = [Type::INT4, Type::DATE];
    let mixed: [&dyn AnyValue; 2] = [&1, &"a"];
    let all = ParamTypes::All(&types);
    for (done, expected) in [
        (
            bound(all, (1,), &[]),
            "the statement has 2 parameters, and 1 was given",
        ),
        (
            bound(ParamTypes::First(&types), (), &[]),
            "the statement has 2 parameters, and 0 were given",
        ),
        (
            bound(ParamTypes::All(&types[..1]), (1, 2), &[]),
            "the statement has 1 parameter, and 2 were given",
        ),
        (
            bound(all, (1, "2024-01-01"), &[]),
            "parameter $2 is of type date, which &str cannot be given as",
        ),
        (
            bound(all, mixed, &[]),
            "parameter $2 is of type date, which &str cannot be given as",
        ),
    ] {
        let error = done.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!error.is_closed());
    }
}
