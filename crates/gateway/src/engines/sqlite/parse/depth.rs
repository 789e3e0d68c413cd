//! How deeply a statement may nest, told before it is parsed.
//!
//! The parser reads a chain (`1 + 1 + …`, `… UNION ALL …`, `1::int::int …`) in a loop, but makes a tree as deep as the chain is long;
//! whatever walks that tree, or drops it, needs stack for every level.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use trunkline_server::{Error, Result, SqlState};

/// Levels that a tree may have, by the estimate of [`check`]. The parser's `span` takes up to 7 KiB of stack for each (unoptimized).
const LEVELS: usize = 10_000;
/// Stack for whoever parses, walks or drops a tree, in bytes. The system gives memory only to what is touched of it.
pub(crate) const STACK: usize = 256 << 20;

/// PostgreSQL's error for what nests too deeply (54001).
pub(crate) fn too_deep() -> Error {
    Error::new(
        SqlState::STATEMENT_TOO_COMPLEX,
        "stack depth limit exceeded",
    )
    .hint("Split the statement: its expressions nest too deeply.")
}

/// What one pair of parentheses holds so far.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Since the last comma: the members of a list lie side by side.
    member: usize,
    /// UNION and its kin, whose chain goes on behind commas.
    chain: usize,
}

/// Refuses tokens of which the tree could be too deep.
///
/// Only operators, keywords and parentheses make a level, each at most one; so their number between two commas, together with
/// that of the parentheses around, is never less than the depth.
///
/// # Errors
///
/// 54001.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let mut around: Vec<Level> = Vec::new();
    let mut here = Level::default();
    let mut total: usize = 0;
    for token in tokens {
        match &token.token {
            Token::Comma => {
                total -= here.member;
                here.member = 0;
            }
            Token::SemiColon => {
                total -= here.member + here.chain;
                here = Level::default();
            }
            Token::LParen | Token::LBracket | Token::LBrace => {
                here.member += 1;
                total += 1;
                around.push(std::mem::take(&mut here));
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                total -= here.member + here.chain;
                // One too many closes nothing; the parser will say so.
                here = around.pop().unwrap_or_default();
            }
            Token::Word(word) => match word.keyword {
                keyword if is_name(keyword) => {}
                Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => {
                    here.chain += 1;
                    total += 1;
                }
                _ => {
                    here.member += 1;
                    total += 1;
                }
            },
            other if is_leaf(other) => {}
            _ => {
                here.member += 1;
                total += 1;
            }
        }
        if total > LEVELS {
            return Err(too_deep());
        }
    }
    Ok(())
}

/// Whether a word stands for itself: no keyword, a constant, or one that mostly names a column.
fn is_name(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::NoKeyword
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::NULL
            | Keyword::ID
            | Keyword::KEY
            | Keyword::NAME
            | Keyword::STATUS
            | Keyword::TYPE
            | Keyword::VALUE
    )
}

fn is_leaf(token: &Token) -> bool {
    matches!(
        token,
        Token::EOF
            | Token::Whitespace(_)
            | Token::Period
            | Token::Number(..)
            | Token::Placeholder(_)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::UnicodeStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::SingleQuotedByteStringLiteral(_)
    )
}

#[cfg(test)]
mod tests {
    use sqlparser::dialect::PostgreSqlDialect;
    use sqlparser::tokenizer::Tokenizer;

    use super::*;

    fn passes(text: &str) -> bool {
        let mut tokenizer = Tokenizer::new(&PostgreSqlDialect {}, text);
        let tokens = tokenizer.tokenize_with_location().unwrap_or_default();
        assert!(!tokens.is_empty());
        check(&tokens).is_ok()
    }

    #[test]
    fn lists_are_wide_and_chains_are_deep() {
        for (member, separator, is_wide) in [
            ("(1, -2)", ", ", true),
            ("case a when 1 then 2 end", ", ", true),
            ("((a))", ", ", true),
            ("a.b.c", ".", true),
            ("1", " + ", false),
            ("(1)", " or ", false),
            ("x", "::int", false),
            ("select 1, 2", " union all ", false),
        ] {
            let text = vec![member; LEVELS + 2].join(separator);
            assert_eq!(passes(&text), is_wide, "{member}{separator}…");
        }
        assert!(!passes(&"(".repeat(LEVELS + 2)));
        assert!(passes(&")".repeat(LEVELS + 2)));
        assert!(!passes(&"not ".repeat(LEVELS + 2)));
        assert!(passes(&"select 1 + 1; ".repeat(LEVELS)));
    }
}
