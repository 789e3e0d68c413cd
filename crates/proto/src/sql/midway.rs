//! Which texts may have committed a part of what they do when they fail.

use super::lexer::{Kind, Lexer};
use super::{Control, split};

/// Whether a text, run outside of a transaction, may commit a part of what it does before all of it is done, so that an error does not
/// say that nothing was: a COMMIT with more statements behind it, CALL and DO (a procedure may COMMIT), REINDEX, and what is done
/// CONCURRENTLY (PostgreSQL docs 54.2.2.1 and 41.8, CREATE INDEX).
///
/// ```
/// use trunkline_proto::sql::commits_midway;
///
/// assert!(commits_midway("insert into a values (1); commit; insert into b values (2)"));
/// assert!(commits_midway("call move_all()"));
/// assert!(!commits_midway("begin; update a set b = 1; commit"));
/// ```
#[must_use]
pub fn commits_midway(sql: &str) -> bool {
    let mut statements = split(sql).filter(|each| !each.is_blank()).peekable();
    while let Some(statement) = statements.next() {
        if is_several(statement.text) {
            return true;
        }
        if statements.peek().is_some() && commits(statement.text) {
            return true;
        }
    }
    false
}

fn commits(statement: &str) -> bool {
    matches!(
        Control::parse(statement),
        Some(Control::Commit { .. } | Control::PrepareTransaction(_) | Control::CommitPrepared(_))
    )
}

/// Whether a statement may be several transactions.
fn is_several(statement: &str) -> bool {
    let mut lexer = Lexer::new(statement);
    let is =
        |word: &str, one_of: &[&str]| one_of.iter().any(|each| word.eq_ignore_ascii_case(each));
    let Some(first) = lexer.token().map(|token| lexer.text(token)) else {
        return false;
    };
    if !is(first, &["create", "drop", "alter"]) {
        return is(first, &["call", "do", "reindex"]);
    }
    while let Some(token) = lexer.token() {
        if token.kind == Kind::Word && is(lexer.text(token), &["concurrently"]) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midway() {
        for sql in [
            "/* a */ CALL p()",
            "do $$ begin commit; end $$",
            "select 1; commit; select 2",
            "begin; select 1; END; select 2",
            "prepare transaction 'a'; select 2",
            "commit prepared 'a'; select 2",
            "select 1; do 'begin end'",
            "create unique index concurrently on a (b)",
            "drop index CONCURRENTLY a",
            "alter table a detach partition b concurrently",
            "reindex table a",
        ] {
            assert!(commits_midway(sql), "{sql}");
        }
        for sql in [
            "",
            ";",
            "select 1",
            "select 'commit; call'; select 2",
            "begin; update a set b = 1; commit",
            "update a set b = 1; commit;; -- over",
            "rollback; select 1",
            "create index on a (b)",
            "create table \"concurrently\" (a text default 'concurrently')",
            "\"call\"",
            "'do'",
        ] {
            assert!(!commits_midway(sql), "{sql}");
        }
    }
}
