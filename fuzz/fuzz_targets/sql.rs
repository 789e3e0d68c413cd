//! The splitter and the control parser: the statements make up the text, and each is one by itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_proto::sql::{Control, Literal, position, split};

fuzz_target!(|sql: &str| {
    let mut at = 0;
    let mut unterminated = false;
    for statement in split(sql) {
        assert!(!unterminated, "only the last can be");
        assert_eq!(statement.offset, at);
        assert_eq!(&sql[at..at + statement.text.len()], statement.text);
        at += statement.text.len();
        if let Some(error) = statement.unterminated() {
            unterminated = true;
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("{}\"", &statement.text[error.offset()..]))
            );
        }
        if at < sql.len() {
            assert_eq!(sql.as_bytes()[at], b';');
            assert!(split(statement.text).count() <= 1);
            at += 1;
        }
        assert_eq!(
            position(sql, statement.offset),
            1 + sql[..statement.offset].chars().count()
        );
        if statement.is_blank() {
            assert!(Control::parse(statement.text).is_none());
        }
        control(statement.text);
    }
    assert_eq!(at, sql.len());
    control(sql);
});

fn control(sql: &str) {
    match Control::parse(sql) {
        Some(Control::Prepare {
            types,
            statement,
            offset,
            ..
        }) => {
            assert!(sql[offset..].starts_with(statement));
            assert!(types.iter().all(|item| !item.is_empty()));
        }
        Some(Control::Execute { arguments, .. }) => {
            for argument in arguments.iter() {
                assert!(!argument.is_empty());
                let _ = Literal::parse(argument);
            }
        }
        Some(Control::Declare(cursor)) => {
            assert!(sql[cursor.offset..].starts_with(cursor.query));
            assert!(!cursor.name.is_empty() && cursor.name.len() <= 63);
        }
        Some(
            Control::Savepoint(name)
            | Control::Release(name)
            | Control::RollbackTo(name)
            | Control::Deallocate(name)
            | Control::Close(name)
            | Control::Fetch { cursor: name, .. }
            | Control::Move { cursor: name, .. },
        ) => assert!(!name.is_empty() && name.len() <= 63),
        Some(other) => assert!(!other.tag().is_empty()),
        None => {}
    }
}
