//! The line of a statement that an error points into, and a caret below the place, as libpq shows it.

use unicode_width::UnicodeWidthChar;

/// How many columns of a line are shown at most.
const SHOWN: usize = 60;
/// How many of them are to the right of the place, if there are so many.
const RIGHT: usize = 10;

/// `position`: in characters, from 1; the place behind the last is one too, where something is missing. `None` if there is no such
/// place.
///
/// What is not printable, tabs too, is shown as a space, so that the caret stands where it should; a line that is too long is cut.
pub(crate) fn caret(sql: &str, position: usize) -> Option<String> {
    let at = position.checked_sub(1)?;
    let chars: Vec<char> = sql.chars().collect();
    let (before, after) = chars.split_at_checked(at)?;
    let is_end = |c: &char| matches!(c, '\n' | '\r');
    // "\r\n" ends one line.
    let ends = before
        .iter()
        .enumerate()
        .filter(|(index, c)| {
            **c == '\n' || **c == '\r' && before.get(index + 1).or(after.first()) != Some(&'\n')
        })
        .count();
    let mut left: &[char] = before.rsplit(is_end).next()?;
    let mut right: &[char] = after.split(is_end).next()?;
    let (mut dots_left, mut dots_right) = ("", "");
    // Kept as characters go: whoever wrote the line may have made it long.
    let (mut width_left, mut width_right) = (width(left), width(right));
    if width_left + width_right > SHOWN {
        let room = SHOWN.saturating_sub(width_left).max(RIGHT);
        while let ([rest @ .., last], true) = (right, width_right > room) {
            (right, dots_right) = (rest, "...");
            width_right -= width(&[*last]);
        }
        while let ([first, rest @ ..], true) = (left, width_left + width_right > SHOWN) {
            (left, dots_left) = (rest, "...");
            width_left -= width(&[*first]);
        }
    }
    let prefix = format!("LINE {}: {dots_left}", ends + 1);
    let shown = |part: &[char]| part.iter().copied().map(shown).collect::<String>();
    Some(format!(
        "{prefix}{}{}{dots_right}\n{}^",
        shown(left),
        shown(right),
        " ".repeat(prefix.len() + width_left),
    ))
}

fn width(text: &[char]) -> usize {
    text.iter()
        .map(|c| shown(*c).width().unwrap_or_default())
        .sum()
}

fn shown(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (position, sql, expected) in [
            (1, "selec 1", "LINE 1: selec 1\n        ^"),
            (9, "select 1", "LINE 1: select 1\n                ^"),
            (1, "", "LINE 1: \n        ^"),
            (8, "select\tx", "LINE 1: select x\n               ^"),
            (12, "select 1\n+\té,x\r\n", "LINE 2: + é,x\n          ^"),
            (3, "a\rb", "LINE 2: b\n        ^"),
            (4, "a\r\nb", "LINE 2: b\n        ^"),
            (5, "a\n\r\nb", "LINE 3: b\n        ^"),
            // The end of a line is in it.
            (2, "a\r\nb", "LINE 1: a\n         ^"),
            (2, "a\nb", "LINE 1: a\n         ^"),
            // Two columns each; and none for what stands on the letter before.
            (3, "東京x", "LINE 1: 東京x\n            ^"),
            (3, "e\u{301}x", "LINE 1: e\u{301}x\n         ^"),
            (2, "\x1bx", "LINE 1:  x\n         ^"),
        ] {
            assert_eq!(caret(sql, position).as_deref(), Some(expected), "{sql:?}");
        }
        for (position, sql) in [(0, "select 1"), (10, "select 1"), (2, "")] {
            assert_eq!(caret(sql, position), None);
        }
    }

    #[test]
    fn long_lines_are_cut() {
        let digits = "0123456789".repeat(20);
        let at = |position| caret(&digits, position).unwrap();
        let shown = |line: &str, blanks: usize| format!("LINE 1: {line}\n{}^", " ".repeat(blanks));
        let sixty = "0123456789".repeat(6);
        assert_eq!(at(1), shown(&format!("{sixty}..."), 8));
        assert_eq!(at(51), shown(&format!("{sixty}..."), 58));
        // From here on there are ten to the right of it.
        assert_eq!(at(101), shown(&format!("...{sixty}..."), 61));
        assert_eq!(at(200), shown(&format!("...{sixty}"), 70));
        let wide = "東".repeat(100);
        let error = caret(&wide, 101).unwrap();
        assert_eq!(error, shown(&format!("...{}", "東".repeat(30)), 71));
    }

    #[test]
    fn a_line_may_be_of_any_length() {
        for (text, count) in [("x", 1 << 20), ("東", 1 << 18), ("e\u{301}", 1 << 18)] {
            let sql = text.repeat(count);
            let each = text.chars().count();
            for position in [1, count * each / 2 + 1, count * each + 1] {
                let shown = caret(&sql, position).unwrap();
                assert!(shown.len() < 500, "{text} {position}");
            }
        }
    }

    #[test]
    fn any_place_is_shown_within_its_bounds() {
        let sql = "a東\u{301}\t\r\n".repeat(40) + &"x東".repeat(90);
        for position in 1..=sql.chars().count() + 1 {
            let shown = caret(&sql, position).unwrap();
            let (line, below) = shown.split_once('\n').unwrap();
            let line: Vec<char> = line.chars().collect();
            assert!(width(&line) <= SHOWN + 20, "{shown}");
            assert!(below.len() <= width(&line) + 1, "{shown}");
        }
    }
}
