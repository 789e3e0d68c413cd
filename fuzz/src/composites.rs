//! Composites within composites, and arrays in them.

use trunkline_types::{Date, Decode, Encode, Numeric, Type};

#[derive(Encode, Decode, Debug, PartialEq)]
struct Outer {
    number: Option<i32>,
    text: Option<String>,
    list: Option<Vec<Option<String>>>,
    inner: Option<Inner>,
    inners: Vec<Option<Inner>>,
}

#[derive(Encode, Decode, Debug, PartialEq)]
struct Inner(Option<Numeric>, Label, Option<Vec<u8>>, Option<Date>);

#[derive(Encode, Decode, Debug, PartialEq)]
enum Label {
    #[value(rename = "")]
    Empty,
    #[value(rename = "a,\"b\\)")]
    Special,
}

/// Reads `data` as a composite: a byte for the format, then the value. What is read is written as text, and read back as the same.
pub fn from_either(data: &[u8]) {
    let Some((which, raw)) = data.split_first() else {
        return;
    };
    let read = if which & 1 == 0 {
        Outer::from_text(Type::RECORD, raw)
    } else {
        Outer::from_binary(Type::RECORD, raw)
    };
    let Ok(outer) = read else {
        return;
    };
    let mut text = Vec::new();
    outer
        .encode_text(Type::RECORD, &mut text)
        .expect("what was read can be written");
    let again = Outer::from_text(Type::RECORD, &text).expect("what was written can be read");
    assert_eq!(outer, again, "{}", String::from_utf8_lossy(&text));
}
