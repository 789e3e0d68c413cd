//! Control statements in every spelling, and what only looks like one.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::sql::{Control, Discard, Isolation, List, Modes};

#[track_caller]
fn parsed(sql: &str) -> Control<'_> {
    Control::parse(sql).unwrap_or_else(|| panic!("not recognized: {sql}"))
}

#[track_caller]
fn none(sql: &str) {
    assert_eq!(Control::parse(sql), None, "{sql}");
}

#[track_caller]
fn modes(sql: &str) -> Modes {
    match parsed(sql) {
        Control::Begin(modes) | Control::StartTransaction(modes) => modes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn begin() {
    for sql in [
        "begin",
        "BEGIN",
        "Begin Work",
        "begin transaction",
        " -- x\n begin /* y */ work -- z",
        "begin;",
        "begin ; ; ",
    ] {
        assert_eq!(parsed(sql), Control::Begin(Modes::default()), "{sql}");
        assert_eq!(parsed(sql).tag(), "BEGIN");
    }
    assert_eq!(
        parsed("start transaction"),
        Control::StartTransaction(Modes::default())
    );
    assert_eq!(parsed("start transaction").tag(), "START TRANSACTION");
    for sql in [
        "begin x",
        "begin work transaction",
        "start",
        "start work",
        "begin atomic",
        "begin immediate",
        "begin,",
        "beginx",
        "\"begin\"",
        "begin; select 1",
        "begin 'x",
    ] {
        none(sql);
    }
}

#[test]
fn transaction_modes() {
    for (level, isolation) in [
        ("read uncommitted", Isolation::ReadUncommitted),
        ("READ COMMITTED", Isolation::ReadCommitted),
        ("repeatable read", Isolation::RepeatableRead),
        ("serializable", Isolation::Serializable),
    ] {
        let got = modes(&format!("begin isolation level {level}"));
        assert_eq!(
            got,
            Modes {
                isolation: Some(isolation),
                ..Modes::default()
            }
        );
        assert!(level.eq_ignore_ascii_case(isolation.name()));
    }
    let all = Modes {
        isolation: Some(Isolation::Serializable),
        read_only: Some(true),
        deferrable: Some(true),
    };
    assert_eq!(
        modes("begin isolation level serializable, read only, deferrable"),
        all
    );
    assert_eq!(
        modes("start transaction deferrable read only isolation level serializable"),
        all
    );
    assert_eq!(
        modes("begin read write not deferrable").read_only,
        Some(false)
    );
    assert_eq!(
        modes("begin read write not deferrable").deferrable,
        Some(false)
    );
    assert_eq!(
        modes("begin read only, read write").read_only,
        Some(false),
        "the last wins"
    );
    for sql in [
        "begin read",
        "begin isolation serializable",
        "begin isolation level",
        "begin isolation level snapshot",
        "begin not",
        "begin read only,",
        "begin , read only",
        "begin read only,, deferrable",
        "begin isolation level repeatable",
    ] {
        none(sql);
    }
}

#[test]
fn ends() {
    for sql in [
        "commit",
        "end",
        "COMMIT WORK",
        "end transaction",
        "commit and no chain",
        "end work and no chain",
    ] {
        assert_eq!(parsed(sql), Control::Commit { chain: false }, "{sql}");
        assert_eq!(parsed(sql).tag(), "COMMIT");
    }
    for sql in [
        "rollback",
        "abort",
        "rollback work",
        "abort transaction and no chain",
    ] {
        assert_eq!(parsed(sql), Control::Rollback { chain: false }, "{sql}");
        assert_eq!(parsed(sql).tag(), "ROLLBACK");
    }
    assert_eq!(parsed("commit and chain"), Control::Commit { chain: true });
    assert_eq!(
        parsed("rollback transaction and chain"),
        Control::Rollback { chain: true }
    );
    for sql in [
        "commit and",
        "commit chain",
        "commit no chain",
        "commit and no",
        "end if",
        "commit work work",
        "abort to x",
        "rollback x",
    ] {
        none(sql);
    }
}

#[test]
fn savepoints() {
    let sp = || Cow::Borrowed("sp");
    assert_eq!(parsed("savepoint sp"), Control::Savepoint(sp()));
    assert_eq!(parsed("SAVEPOINT SP"), Control::Savepoint(sp()));
    assert_eq!(parsed("release sp"), Control::Release(sp()));
    assert_eq!(parsed("release savepoint sp"), Control::Release(sp()));
    for sql in [
        "rollback to sp",
        "rollback to savepoint sp",
        "rollback work to sp",
        "ROLLBACK TRANSACTION TO SAVEPOINT sp",
    ] {
        assert_eq!(parsed(sql), Control::RollbackTo(sp()), "{sql}");
        assert_eq!(parsed(sql).tag(), "ROLLBACK");
    }
    // SAVEPOINT is a name like any other.
    assert_eq!(
        parsed("release savepoint"),
        Control::Release("savepoint".into())
    );
    assert_eq!(
        parsed("rollback to savepoint"),
        Control::RollbackTo("savepoint".into())
    );
    for sql in [
        "savepoint",
        "savepoint a b",
        "savepoint 'a'",
        "savepoint 1",
        "savepoint select",
        "release",
        "rollback to",
        "rollback to savepoint a b",
    ] {
        none(sql);
    }
    assert_eq!(parsed("savepoint sp").tag(), "SAVEPOINT");
    assert_eq!(parsed("release sp").tag(), "RELEASE");
}

#[test]
fn names() {
    fn name(sql: &str) -> Cow<'_, str> {
        match parsed(sql) {
            Control::Savepoint(name) => name,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        matches!(name("savepoint abc"), Cow::Borrowed("abc")),
        "no allocation"
    );
    assert!(
        matches!(name("savepoint \"Abc\""), Cow::Borrowed("Abc")),
        "no allocation"
    );
    assert_eq!(name("savepoint Abc$1_"), "abc$1_");
    assert_eq!(name("savepoint ÄB"), "Äb");
    assert_eq!(name("savepoint \"a\"\"b;\""), "a\"b;");
    assert_eq!(name("savepoint \"select\""), "select");
    let long = "é".repeat(40);
    assert_eq!(
        name(&format!("savepoint {long}")),
        "é".repeat(31),
        "62 bytes: no half characters"
    );
    assert_eq!(
        name(&format!("savepoint \"\"\"{}\"", "x".repeat(80))).len(),
        63
    );
    none("savepoint \"\"");
    none("savepoint U&\"a\"");
    none("savepoint \"a");
}

#[test]
fn prepared_transactions() {
    assert_eq!(
        parsed("prepare transaction 'it''s'"),
        Control::PrepareTransaction("it's".into())
    );
    assert_eq!(
        parsed("commit prepared 'a'"),
        Control::CommitPrepared("a".into())
    );
    assert_eq!(
        parsed("rollback prepared $$a'b$$"),
        Control::RollbackPrepared("a'b".into())
    );
    assert_eq!(
        parsed("rollback prepared $q$$$ $q$"),
        Control::RollbackPrepared("$$ ".into())
    );
    assert_eq!(
        parsed("prepare transaction 'a'").tag(),
        "PREPARE TRANSACTION"
    );
    assert_eq!(parsed("commit prepared 'a'").tag(), "COMMIT PREPARED");
    assert_eq!(parsed("rollback prepared 'a'").tag(), "ROLLBACK PREPARED");
    for sql in [
        "prepare transaction",
        "prepare transaction a",
        "commit prepared",
        "commit prepared a",
        "commit prepared 'a' 'b'",
        "rollback prepared 'a",
        "prepare transaction E'a'",
    ] {
        none(sql);
    }
}

#[test]
fn prepared_statements() {
    let sql = "PREPARE P (int, numeric(10, 2)) AS select $1; ";
    let expected = Control::Prepare {
        name: "p".into(),
        types: List {
            source: "int, numeric(10, 2)",
        },
        statement: "select $1",
        offset: 35,
    };
    assert_eq!(parsed(sql), expected);
    assert_eq!(sql.find("select"), Some(35));
    let Control::Prepare {
        types, statement, ..
    } = parsed("prepare transaction as select ';' -- x")
    else {
        panic!("TRANSACTION is a name like any other");
    };
    assert!(types.is_empty() && types.iter().next().is_none());
    assert_eq!(statement, "select ';'");
    for sql in [
        "prepare",
        "prepare p",
        "prepare p as",
        "prepare p as ;",
        "prepare p () as select 1",
        "prepare p (int as select 1",
        "prepare p (int,) as select 1",
        "prepare p select 1",
    ] {
        none(sql);
    }

    assert_eq!(
        parsed("execute p"),
        Control::Execute {
            name: "p".into(),
            arguments: List::default()
        }
    );
    let arguments = |sql| match parsed(sql) {
        Control::Execute { arguments, .. } => arguments.iter().collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(arguments("execute p(1)"), ["1"]);
    assert_eq!(
        arguments("execute p ( 1 , (2, 3), 'a,)' , array[4,5], $$,$$ /* , */ )"),
        ["1", "(2, 3)", "'a,)'", "array[4,5]", "$$,$$ /* , */"]
    );
    for sql in [
        "execute",
        "execute p ()",
        "execute p (1",
        "execute p (1,)",
        "execute p (1) x",
        "execute p 1",
        "execute p (1))",
    ] {
        none(sql);
    }

    let all = Control::DeallocateAll;
    assert_eq!(parsed("deallocate p"), Control::Deallocate("p".into()));
    assert_eq!(
        parsed("deallocate prepare \"P\""),
        Control::Deallocate("P".into())
    );
    assert_eq!(
        parsed("deallocate prepare"),
        Control::Deallocate("prepare".into())
    );
    assert_eq!(
        (parsed("deallocate all"), parsed("DEALLOCATE PREPARE ALL")),
        (all.clone(), all)
    );
    assert_eq!(parsed("deallocate p").tag(), "DEALLOCATE");
    assert_eq!(parsed("deallocate all").tag(), "DEALLOCATE ALL");
    none("deallocate");
    none("deallocate a b");
}

#[test]
fn cursors_and_discard() {
    assert_eq!(parsed("close c"), Control::Close("c".into()));
    assert_eq!(parsed("close c").tag(), "CLOSE CURSOR");
    assert_eq!(parsed("close all").tag(), "CLOSE CURSOR ALL");
    assert_eq!(parsed("close \"all\""), Control::Close("all".into()));
    for (what, discard, tag) in [
        ("all", Discard::All, "DISCARD ALL"),
        ("plans", Discard::Plans, "DISCARD PLANS"),
        ("sequences", Discard::Sequences, "DISCARD SEQUENCES"),
        ("temp", Discard::Temporary, "DISCARD TEMP"),
        ("TEMPORARY", Discard::Temporary, "DISCARD TEMP"),
    ] {
        let sql = format!("discard {what}");
        assert_eq!(parsed(&sql), Control::Discard(discard));
        assert_eq!(parsed(&sql).tag(), tag);
    }
    for sql in [
        "close",
        "close a, b",
        "discard",
        "discard everything",
        "discard all all",
    ] {
        none(sql);
    }
}

#[test]
fn anything_else() {
    for sql in [
        "",
        ";",
        "select 1",
        "set transaction read only",
        "insert into begin values (1)",
        "commits",
        "(begin)",
        "'begin'",
        "$$begin$$",
        "/* begin */",
        "-- begin",
        "begin\u{e9}",
        "1",
        "merge into t",
        "delete from t",
        "prepare",
        "é",
    ] {
        none(sql);
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(sql in "(?s)(begin|prepare|execute|deallocate|rollback to|commit prepared|[ ()',;$\"a])?.{0,40}") {
        let _ = Control::parse(&sql);
    }

    /// Case, blanks and comments mean nothing.
    #[test]
    fn spelling_means_nothing(
        which in 0..6_usize,
        blanks in proptest::collection::vec("( |\n|\t|/\\*x\\*/| --y\n)", 8),
        upper in any::<bool>(),
    ) {
        let words = [
            "begin isolation level read committed",
            "start transaction read only",
            "commit work and chain",
            "rollback work to savepoint sp",
            "release savepoint sp",
            "deallocate prepare p",
        ][which];
        let mut spelled = String::new();
        for (word, blank) in words.split(' ').zip(&blanks) {
            spelled += blank;
            spelled += &if upper { word.to_uppercase() } else { word.into() };
            spelled += blank;
        }
        prop_assert_eq!(Control::parse(&spelled), Control::parse(words));
        prop_assert!(Control::parse(words).is_some());
    }
}
