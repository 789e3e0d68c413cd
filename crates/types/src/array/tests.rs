#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::*;

fn text<T: Encode>(value: T, ty: Type) -> String {
    assert!(T::accepts(ty));
    let mut out = vec![b'x'];
    value.encode_text(ty, &mut out).unwrap();
    String::from_utf8(out.split_off(1)).unwrap()
}

fn read<T: DecodeOwned>(ty: Type, text: &str) -> Result<Array<T>, DecodeError> {
    Array::from_text(ty, text.as_bytes())
}

#[test]
fn elements_are_quoted_where_they_must_be() {
    let values = [
        "a", "b c", "NULL", "null", "", "a,b", "{", "}", "a\"b", "a\\b", "\t", "ü", "nulls",
    ];
    let literal = text(&values[..], Type::TEXT_ARRAY);
    assert_eq!(
        literal,
        r#"{a,"b c","NULL","null","","a,b","{","}","a\"b","a\\b","	",ü,nulls}"#
    );
    assert_eq!(
        read::<String>(Type::TEXT_ARRAY, &literal)
            .unwrap()
            .elements(),
        values
    );
    assert_eq!(
        text(vec![Some(1), None, Some(3)], Type::INT4_ARRAY),
        "{1,NULL,3}"
    );
    assert_eq!(text(Vec::<i32>::new(), Type::INT4_ARRAY), "{}");
}

#[test]
fn dimensions_and_bounds_are_kept() {
    for literal in [
        "{1,2,3}",
        "{{1,2},{3,4}}",
        "[0:1][2:3]={{1,2},{3,4}}",
        "[-2:0]={1,2,3}",
        "{{{{{{1}}}}}}",
        "{{{1,2},{3,4}},{{5,6},{7,8}}}",
        "{}",
        "{{NULL},{1}}",
    ] {
        let array = read::<Option<i32>>(Type::INT4_ARRAY, literal).unwrap();
        assert_eq!(text(array.clone(), Type::INT4_ARRAY), literal);
        let mut binary = Vec::new();
        array.encode_binary(Type::INT4_ARRAY, &mut binary).unwrap();
        assert_eq!(
            Array::from_binary(Type::INT4_ARRAY, &binary).unwrap(),
            array
        );
    }
    let array = read::<i32>(Type::INT4_ARRAY, "[0:1][2:3]={{1,2},{3,4}}").unwrap();
    assert_eq!(
        (
            array.at(&[0, 3]),
            array.at(&[1, 2]),
            array.at(&[0, 1]),
            array.at(&[0])
        ),
        (Some(&2), Some(&3), None, None)
    );
}

#[test]
fn spellings_are_liberal() {
    for (literal, expected) in [
        (" { 1 , 2 } ", "{1,2}"),
        ("[2]={1,2}", "{1,2}"),
        ("[1:2] = {1,2}", "{1,2}"),
        ("{\"1\",\\2}", "{1,2}"),
        ("{{}}", "{}"),
        ("{{},{}}", "{}"),
        ("{nUlL}", "{NULL}"),
        ("[2:2]={5}", "[2:2]={5}"),
    ] {
        assert_eq!(
            text(
                read::<Option<i32>>(Type::INT4_ARRAY, literal).unwrap(),
                Type::INT4_ARRAY
            ),
            expected,
            "{literal}"
        );
    }
    assert_eq!(
        read::<String>(Type::TEXT_ARRAY, r#"{ a b , "  c " , d\ }"#)
            .unwrap()
            .elements(),
        ["a b", "  c ", "d "]
    );
}

#[test]
fn malformed_literals_are_refused() {
    for literal in [
        "",
        "1",
        "{",
        "}",
        "{1",
        "{1,}",
        "{,1}",
        "{1,,2}",
        "{1}}",
        "{1} x",
        "{{1},2}",
        "{1,{2}}",
        "{{1},{2,3}}",
        "{{1},{}}",
        "{\"1",
        "{\"1\"2}",
        "{1\"2\"}",
        "{1\\",
        "[1:2]={1}",
        "[1:2]",
        "[1:2]{1,2}",
        "[a:b]={1}",
        "[1={1}",
        "[1][1]={1}",
        "{}{}",
        "{{1}{2}}",
        "{1 2}",
        "{\"\"}",
    ] {
        let error = read::<i32>(Type::INT4_ARRAY, literal).unwrap_err();
        assert_eq!(error.sqlstate().as_str(), "22P02", "{literal}");
    }
    assert_eq!(
        read::<i32>(Type::INT4_ARRAY, "{{{{{{{1}}}}}}}")
            .unwrap_err()
            .sqlstate()
            .as_str(),
        "54000"
    );
    assert_eq!(
        read::<i32>(Type::INT4_ARRAY, "{NULL}")
            .unwrap_err()
            .sqlstate()
            .as_str(),
        "22004"
    );
    assert_eq!(
        read::<i32>(Type::INT4_ARRAY, "[2147483647:2147483647]={1}")
            .unwrap_err()
            .sqlstate()
            .as_str(),
        "54000"
    );
}

#[test]
fn malformed_binary_is_refused() {
    let read = |words: &[u32]| {
        let bytes: Vec<u8> = words.iter().flat_map(|n| n.to_be_bytes()).collect();
        Vec::<i32>::from_binary(Type::INT4_ARRAY, &bytes)
    };
    assert_eq!(read(&[1, 0, 23, 1, 1, 4, 7]).unwrap(), [7]);
    assert!(read(&[1, 0, 23, 0, 1]).unwrap().is_empty());
    for (words, code) in [
        (&[7, 0, 23][..], "54000"),
        (&[u32::MAX, 0, 23], "22P03"),
        (&[1, 2, 23, 1, 1, 4, 7], "22P03"),
        (&[1, 0, 20, 1, 1, 4, 7], "42804"),
        (&[1, 0, 23, 1, 1], "08P01"),
        (&[1, 0, 23, 134_217_728, 1], "54000"),
        (&[1, 0, 23, u32::MAX, 1], "54000"),
        (&[2, 0, 23, 65_536, 1, 65_536, 1], "54000"),
        (&[1, 0, 23, 1, 0x7fff_ffff, 4, 7], "54000"),
        (&[1, 0, 23, 134_217_727, 1, 4, 7], "08P01"),
        (&[1, 0, 23, 1, 1, 5, 7], "22P03"),
        (&[1, 0, 23, 1, 1, 4, 7, 0], "22P03"),
        (&[1, 1, 23, 1, 1, u32::MAX], "22004"),
        (&[2, 0, 23, 1, 1, 1, 1, 4, 7], "2202E"),
        (&[1, 0], "08P01"),
    ] {
        assert_eq!(
            read(words).unwrap_err().sqlstate().as_str(),
            code,
            "{words:?}"
        );
    }
}

#[test]
fn only_possible_arrays_are_made() {
    let dimension = |length, lower| Dimension { length, lower };
    assert!(Array::new(vec![dimension(2, 1)], vec![1]).is_none());
    assert!(Array::new(vec![dimension(1, 1); 7], vec![1]).is_none());
    assert!(Array::new(vec![dimension(1, i32::MAX)], vec![1]).is_none());
    assert!(Array::new(vec![], vec![1]).is_none());
    assert_eq!(
        Array::new(vec![dimension(0, 5)], Vec::<i32>::new()).unwrap(),
        Array::default()
    );
}
