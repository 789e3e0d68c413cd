//! `#[derive(Encode, Decode)]`.

#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::fmt::Debug;

use trunkline_types::copy::{Encoder, Options};
use trunkline_types::{Decode, Encode, EncodeError, EncodeRow, Format, Json, Oid, Timestamp, Type};

/// A type of one database.
const OWN: Type = Type::from_oid(Oid(16_500));

#[derive(Encode, Decode, Debug, PartialEq, Clone, Copy)]
#[value(rename_all = "kebab-case")]
enum Mood {
    Sad,
    VeryHappy,
    #[value(rename = "так себе")]
    SoSo,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Email(String);

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Person {
    name: String,
    mail: Option<Email>,
    moods: Vec<Mood>,
    since: Timestamp,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Pair<A, B>(A, Option<B>);

fn text<T: Encode>(value: &T, ty: Type) -> String {
    assert!(T::accepts(ty));
    let mut out = Vec::new();
    value.encode_text(ty, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn both_ways<T: Encode + for<'a> Decode<'a> + Debug + PartialEq>(value: &T, literal: &str) {
    assert_eq!(text(value, OWN), literal);
    assert!(<T as Decode<'_>>::accepts(OWN));
    assert_eq!(&T::from_text(OWN, literal.as_bytes()).unwrap(), value);
}

#[test]
fn enums_are_their_labels() {
    for (mood, label) in [
        (Mood::Sad, "sad"),
        (Mood::VeryHappy, "very-happy"),
        (Mood::SoSo, "так себе"),
    ] {
        both_ways(&mood, label);
        assert_eq!(Mood::from_binary(OWN, label.as_bytes()).unwrap(), mood);
        assert_eq!(text(&mood, Type::TEXT), label);
        assert_eq!(mood.format(OWN), Format::Binary);
    }
    let error = Mood::from_binary(OWN, b"angry").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid input value for enum Mood: \"angry\""
    );
    assert_eq!(error.sqlstate().as_str(), "22P02");
    assert!(!<Mood as Encode>::accepts(Type::INT4));
}

#[test]
fn domains_are_what_is_under_them() {
    let mail = Email("a@b".into());
    both_ways(&mail, "a@b");
    assert_eq!(Email::from_binary(Type::TEXT, b"a@b").unwrap(), mail);
    // Of the type beneath a domain nothing is known, if only its own OID is.
    assert_eq!(mail.format(Type::TEXT), Format::Binary);
    assert_eq!(mail.format(OWN), Format::Text);
    assert!(!<Email as Encode>::accepts(Type::INT4));

    #[derive(Encode, Decode, Debug, PartialEq)]
    struct Borrowed<'a>(&'a str);
    assert_eq!(
        Borrowed::from_text(Type::TEXT, b"x").unwrap(),
        Borrowed("x")
    );

    #[derive(Encode, Decode, Debug, PartialEq)]
    struct Maybe(Option<i32>);
    assert!(Maybe(None).is_null());
    assert_eq!(Maybe::from_null(Type::INT4).unwrap(), Maybe(None));
    Email::from_null(Type::TEXT).unwrap_err();
}

#[test]
fn composites_are_their_fields() {
    let person = Person {
        name: "Ada \"the first\"".into(),
        mail: None,
        moods: vec![Mood::VeryHappy, Mood::SoSo],
        since: "1815-12-10 00:00:00".parse().unwrap(),
    };
    // The delimiter of the enum's array is not known here, and quotes leave no doubt.
    let literal = "(\"Ada \"\"the first\"\"\",,\"{\"\"very-happy\"\",\"\"так себе\"\"}\",\"1815-12-10 00:00:00\")";
    both_ways(&person, literal);
    assert_eq!(text(&person, Type::RECORD), literal);
    assert_eq!(person.format(OWN), Format::Text);
    let mut out = b"before".to_vec();
    assert_eq!(
        person.field_binary(OWN, &mut out),
        Err(EncodeError::TextOnly(OWN))
    );
    assert_eq!(out, b"before");

    let nested = Pair(person.clone(), Some(vec![person]));
    let literal = text(&nested, OWN);
    both_ways(&nested, &literal);
    both_ways(&Pair(1i32, Some(true)), "(1,t)");
    both_ways(&Pair(Json("{}".to_owned()), None::<f64>), "({},)");
}

#[test]
fn faults_in_composites() {
    let wrong = |literal: &str| {
        let error = <Pair<i32, bool>>::from_text(OWN, literal.as_bytes()).unwrap_err();
        (error.sqlstate().as_str().to_owned(), error.to_string())
    };
    assert_eq!(
        wrong("(1)"),
        (
            "42804".into(),
            "the composite has not as many fields as the Rust type".into()
        )
    );
    assert_eq!(
        wrong("1,t"),
        ("22P02".into(), "malformed record literal: \"1,t\"".into())
    );
    assert_eq!(
        wrong("(,t)"),
        (
            "22004".into(),
            "null value: decode it as an Option, in field 1 of the composite".into()
        )
    );
    assert_eq!(
        wrong("(x,t)").1,
        "invalid input syntax: \"x\", in field 1 of the composite"
    );
    let error = <Pair<i32, Pair<i32, Mood>>>::from_text(OWN, b"(1,\"(2,angry)\")").unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid input value for enum Mood: \"angry\", in field 2.2 of the composite"
    );
    let binary = b"\0\0\0\x02\0\0\0\x17\0\0\0\x04\0\0\0\x01\0\0\0\x17\0\0\0\x04\0\0\0\x01";
    let error = <Pair<i32, bool>>::from_binary(OWN, binary).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Rust type does not hold values of type integer, in field 2 of the composite"
    );
}

#[derive(EncodeRow)]
struct Line<'a, T: Debug> {
    id: i32,
    text: &'a str,
    more: Option<T>,
}

#[derive(EncodeRow)]
struct Nothing;

#[test]
fn structs_are_rows_to_be_written() {
    let line = Line {
        id: 7,
        text: "a b",
        more: Some(Mood::Sad),
    };
    let types = [Type::INT4, Type::TEXT, OWN];
    <Line<'_, Mood>>::check(&types).unwrap();
    assert_eq!(<Line<'_, Mood>>::check(&types[..2]), Err(2));
    let wrong = [Type::INT4, Type::INT4, OWN];
    assert_eq!(<Line<'_, Mood>>::check(&wrong), Err(1));
    assert_eq!((line.width(), line.rust_type(0)), (3, "i32"));
    assert_eq!((Nothing.width(), Nothing::check(&[])), (0, Ok(())));

    for options in [Options::csv(), Options::binary()] {
        let columns = [("id", types[0]), ("text", types[1]), ("more", types[2])];
        let (mut by_struct, mut by_tuple) = (Vec::new(), Vec::new());
        let mut encoder = Encoder::new(options.clone(), columns).unwrap();
        encoder.row(&line, &mut by_struct).unwrap();
        let mut encoder = Encoder::new(options, columns).unwrap();
        let tuple = (line.id, line.text, line.more);
        encoder.row(&tuple, &mut by_tuple).unwrap();
        assert_eq!(by_struct, by_tuple);
    }
}

/// Types whose names, fields and their types come from the macro's caller.
macro_rules! make {
    ($composite:ident, $domain:ident, $mood:ident, $field:ident, $label:ident, $ident:ident, $ty:ty) => {
        #[derive(Encode, Decode, EncodeRow, Debug, PartialEq)]
        struct $composite {
            $field: $ident,
            other: $ty,
        }

        #[derive(Encode, Decode, Debug, PartialEq)]
        struct $domain($ident);

        #[derive(Encode, Decode, Debug, PartialEq)]
        enum $mood {
            $label,
            Other,
        }
    };
}

make!(Composite, Domain, Label, field, Own, i32, Option<String>);

#[test]
fn macros_may_write_the_type() {
    let composite = Composite {
        field: 1,
        other: Some("b".to_owned()),
    };
    both_ways(&composite, "(1,b)");
    both_ways(&Domain(7), "7");
    both_ways(&Label::Own, "Own");
    both_ways(&Label::Other, "Other");

    let mut data = Vec::new();
    let columns = [("a", Type::INT4), ("b", Type::TEXT)];
    let mut encoder = Encoder::new(Options::text(), columns).unwrap();
    encoder.row(&composite, &mut data).unwrap();
    assert_eq!(data, b"1\tb\n");
}
