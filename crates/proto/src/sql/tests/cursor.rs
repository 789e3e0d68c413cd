//! DECLARE, FETCH and MOVE.

use alloc::borrow::Cow;
use alloc::format;

use proptest::prelude::*;

use crate::sql::{Control, Cursor, Direction};

#[track_caller]
fn declared(sql: &str) -> Cursor<'_> {
    match Control::parse(sql) {
        Some(Control::Declare(cursor)) => cursor,
        other => panic!("{sql}: {other:?}"),
    }
}

#[track_caller]
fn none(sql: &str) {
    assert_eq!(Control::parse(sql), None, "{sql}");
}

#[test]
fn declare() {
    let sql = "declare c cursor for select 1;";
    assert_eq!(
        declared(sql),
        Cursor {
            name: Cow::Borrowed("c"),
            binary: false,
            scroll: None,
            hold: false,
            query: "select 1",
            offset: 21,
        }
    );
    assert_eq!(Control::parse(sql).unwrap().tag(), "DECLARE CURSOR");

    let sql = "DECLARE \"My C\" BINARY INSENSITIVE NO SCROLL CURSOR WITH HOLD FOR (values (1), (';')) -- end";
    let cursor = declared(sql);
    assert_eq!(cursor.name, "My C");
    assert!(cursor.binary && cursor.hold);
    assert_eq!(cursor.scroll, Some(false));
    assert_eq!(cursor.query, "(values (1), (';'))");
    assert!(sql[cursor.offset..].starts_with(cursor.query));

    assert_eq!(declared("declare c scroll cursor for x").scroll, Some(true));
    assert_eq!(
        declared("declare cursor cursor for x").name,
        "cursor",
        "the word is not reserved"
    );
    assert!(!declared("declare c asensitive cursor without hold for x").hold);
    for sql in [
        "declare",
        "declare c",
        "declare c cursor",
        "declare c cursor for",
        "declare c cursor for ;",
        "declare c for select 1",
        "declare cursor for select 1",
        "declare c cursor with for select 1",
        "declare c cursor hold for select 1",
        "declare c scroll no scroll cursor for select 1",
        "declare c asensitive insensitive cursor for select 1",
        "declare select cursor for select 1",
        "declare c int",
    ] {
        none(sql);
    }
}

#[test]
fn fetch() {
    use Direction::{Absolute, Backward, Forward, Relative};
    for (spelled, direction) in [
        ("", Forward(Some(1))),
        ("from", Forward(Some(1))),
        ("in", Forward(Some(1))),
        ("next", Forward(Some(1))),
        ("NEXT FROM", Forward(Some(1))),
        ("forward", Forward(Some(1))),
        ("forward in", Forward(Some(1))),
        ("7", Forward(Some(7))),
        ("+7 from", Forward(Some(7))),
        ("0", Forward(Some(0))),
        ("-0", Forward(Some(0))),
        ("forward 7", Forward(Some(7))),
        ("backward -7 from", Forward(Some(7))),
        ("all", Forward(None)),
        ("all from", Forward(None)),
        ("forward all", Forward(None)),
        ("prior", Backward(Some(1))),
        ("backward", Backward(Some(1))),
        ("backward 3 from", Backward(Some(3))),
        ("backward 0", Forward(Some(0))),
        ("forward -3", Backward(Some(3))),
        ("- 3", Backward(Some(3))),
        ("backward all", Backward(None)),
        ("first", Absolute(1)),
        ("last from", Absolute(-1)),
        ("absolute 5", Absolute(5)),
        ("absolute -5 in", Absolute(-5)),
        ("absolute 0", Absolute(0)),
        ("relative 5", Relative(5)),
        ("relative -5", Relative(-5)),
        ("relative 0", Forward(Some(0))),
        ("2147483647", Forward(Some(2_147_483_647))),
    ] {
        let sql = format!("fetch {spelled} c;");
        let cursor = Cow::Borrowed("c");
        assert_eq!(
            Control::parse(&sql),
            Some(Control::Fetch {
                cursor: cursor.clone(),
                direction
            }),
            "{sql}"
        );
        let sql = format!("MOVE {spelled} \"c\"");
        let control = Control::parse(&sql);
        assert_eq!(control, Some(Control::Move { cursor, direction }), "{sql}");
        assert_eq!(control.unwrap().tag(), "MOVE");
    }
    for word in [
        "next", "prior", "first", "last", "absolute", "relative", "forward", "backward",
    ] {
        for sql in [format!("fetch {word}"), format!("fetch from {word} ;")] {
            assert_eq!(
                Control::parse(&sql),
                Some(Control::Fetch {
                    cursor: Cow::Borrowed(word),
                    direction: Forward(Some(1))
                }),
                "{sql}"
            );
        }
    }
    for sql in [
        "fetch",
        "fetch 3",
        "fetch all",
        "fetch from",
        "fetch 1.5 c",
        "fetch 2147483648 c",
        "fetch $1 c",
        "fetch 'c'",
        "fetch - c",
        "fetch absolute c",
        "fetch relative from c",
        "fetch next prior c",
        "fetch c d",
        "fetch 1 from select",
        "fetches c",
        "move",
    ] {
        none(sql);
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(
        sql in "(?s)(declare c|declare c cursor for|fetch|move|fetch backward)[ 0-9a;'-]{0,9}.{0,20}"
    ) {
        let _ = Control::parse(&sql);
    }
}
