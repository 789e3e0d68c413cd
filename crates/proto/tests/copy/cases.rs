//! The cases in cases.txt, which capture.py has asked PostgreSQL for.

use trunkline_proto::copy::{Columns, EndMarker, Header, Options};

use crate::Fields;

/// A table, options, and what PostgreSQL says.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) is_read: bool,
    pub(crate) columns: usize,
    pub(crate) table: String,
    words: Vec<String>,
    /// A CopyData each.
    pub(crate) data: Vec<Vec<u8>>,
    pub(crate) rows: Vec<Fields>,
    pub(crate) error: Option<Expected>,
}

#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) sqlstate: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) context: Option<String>,
}

pub(crate) const NAMES: [&str; 3] = ["a", "b", "c"];

/// Every case of the file.
pub(crate) fn all() -> Vec<Case> {
    let blocks = include_str!("cases.txt").split("\n\n").skip(1);
    blocks
        .map(|block| block.lines().fold(Case::default(), Case::with))
        .collect()
}

impl Case {
    fn with(mut self, line: &str) -> Self {
        let mut words = line.split(' ');
        let kind = words.next().unwrap();
        match kind {
            "read" | "write" => {
                self.is_read = kind == "read";
                self.table = words.next().unwrap().to_owned();
                self.columns = ["no", "one", "two", "three"]
                    .iter()
                    .position(|table| *table == self.table)
                    .unwrap();
                self.words = words.map(str::to_owned).collect();
            }
            "data" => self.data.push(value(words.next().unwrap()).unwrap()),
            "row" => self.rows.push(words.map(value).collect()),
            "error" => {
                self.error = Some(Expected {
                    sqlstate: words.next().unwrap().to_owned(),
                    message: text(words.next().unwrap()),
                    ..Expected::default()
                });
            }
            "hint" => self.error.as_mut().unwrap().hint = words.next().map(text),
            "context" => self.error.as_mut().unwrap().context = words.next().map(text),
            other => panic!("{other}"),
        }
        self
    }

    /// The options, as PostgreSQL 15 has them.
    pub(crate) fn options(&self) -> Options {
        let (layout, rest) = self.words.split_first().unwrap();
        let mut options = match layout.as_str() {
            "text" => Options::text(),
            "csv" => Options::csv(),
            _ => Options::binary(),
        }
        .end_marker(EndMarker::Anywhere);
        for word in rest {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let raw = unescape(value);
            let columns = match value {
                "*" => Columns::All,
                value => {
                    Columns::These(NAMES.iter().position(|n| *n == value).into_iter().collect())
                }
            };
            options = match name {
                "delimiter" => options.delimiter(raw[0]),
                "null" => options.null(raw),
                "quote" => options.quote(raw[0]),
                "escape" => options.escape(raw[0]),
                "header" if value == "match" => {
                    let names = &NAMES[..self.columns];
                    options.header(Header::Match(
                        names.iter().map(|n| n.as_bytes().to_vec()).collect(),
                    ))
                }
                "header" => options.header(Header::Line),
                "force_quote" => options.force_quote(columns),
                "force_not_null" => options.force_not_null(columns),
                "force_null" => options.force_null(columns),
                other => panic!("{other}"),
            };
        }
        options
    }
}

fn value(word: &str) -> Option<Vec<u8>> {
    word.strip_prefix('=').map(unescape)
}

fn text(word: &str) -> String {
    String::from_utf8(value(word).unwrap()).unwrap()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = vec![];
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        out.push(match c {
            '\\' => match rest.next().unwrap() {
                't' => b'\t',
                'n' => b'\n',
                'r' => b'\r',
                'x' => {
                    let digits: String = rest.by_ref().take(2).collect();
                    u8::from_str_radix(&digits, 16).unwrap()
                }
                other => u8::try_from(other).unwrap(),
            },
            c => u8::try_from(c).unwrap(),
        });
    }
    out
}
