//! COPY's options (PostgreSQL docs, COPY, "Parameters"), in both spellings.

use sqlparser::ast::{CopyLegacyCsvOption, CopyLegacyOption, CopyOption, Ident};
use trunkline_proto::copy::{Columns, EndMarker, Header, Layout, Options};
use trunkline_server::{Error, Result, SqlState};

use super::scope::fold;
use crate::engines::sqlite::catalog::Table;

/// What `HEADER MATCH` is respelled as the value of `FORMAT`, for the parser does not know it. No word has a blank.
pub(crate) const HEADER_MATCH: &str = "header match";

/// What `*` is respelled as a column, for the parser takes none there. No word is a star.
pub(crate) const EVERY: &str = "*";

/// What is copied, and which way.
pub(super) struct Copied<'c> {
    /// `None` for the rows of a query.
    pub(super) table: Option<&'c Table>,
    /// The columns.
    pub(super) names: Vec<&'c str>,
    pub(super) to: bool,
}

/// The options of a COPY.
///
/// # Errors
///
/// As PostgreSQL answers: 22023, 0A000, 42601, 42P10 for columns that are not copied and 42703 for those that are not there.
pub(super) fn options(
    options: &[CopyOption],
    legacy: &[CopyLegacyOption],
    copied: &Copied<'_>,
) -> Result<Options> {
    let mut given = Given {
        // Up to PostgreSQL 17 psql sends the line of `\.` along, in CSV too.
        options: Options::new(layout(options, legacy)?).end_marker(EndMarker::Anywhere),
        copied,
    };
    for option in options {
        given = given.with(option)?;
    }
    for option in legacy {
        given = given.with_legacy(option)?;
    }
    given.options.check()?;
    Ok(given.options)
}

fn layout(options: &[CopyOption], legacy: &[CopyLegacyOption]) -> Result<Layout> {
    for option in options {
        if let CopyOption::Format(name) = option
            && name.value != HEADER_MATCH
        {
            return match fold(name).as_str() {
                "text" => Ok(Layout::Text),
                "csv" => Ok(Layout::Csv),
                "binary" => Ok(Layout::Binary),
                other => Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!("COPY format \"{other}\" not recognized"),
                )),
            };
        }
    }
    let mut layouts = legacy.iter().filter_map(|option| match option {
        CopyLegacyOption::Csv(_) => Some(Layout::Csv),
        CopyLegacyOption::Binary => Some(Layout::Binary),
        _ => None,
    });
    Ok(layouts.next().unwrap_or(Layout::Text))
}

struct Given<'c> {
    options: Options,
    copied: &'c Copied<'c>,
}

impl Given<'_> {
    fn with(mut self, option: &CopyOption) -> Result<Self> {
        let options = self.options.clone();
        self.options = match option {
            CopyOption::Delimiter(c) => options.delimiter(byte(*c)),
            CopyOption::Null(null) => options.null(null.as_str()),
            CopyOption::Header(true) => options.header(Header::Line),
            CopyOption::Header(false) => options.header(Header::Absent),
            CopyOption::Format(name) if name.value == HEADER_MATCH => {
                if self.copied.to {
                    return Err(Error::unsupported(
                        "cannot use \"match\" with HEADER in COPY TO",
                    ));
                }
                let names = self
                    .copied
                    .names
                    .iter()
                    .map(|name| name.as_bytes().to_vec());
                options.header(Header::Match(names.collect()))
            }
            CopyOption::Quote(c) => options.quote(byte(*c)),
            CopyOption::Escape(c) => options.escape(byte(*c)),
            CopyOption::ForceQuote(names) => {
                options.force_quote(self.columns("FORCE_QUOTE", names)?)
            }
            CopyOption::ForceNotNull(names) => {
                options.force_not_null(self.columns("FORCE_NOT_NULL", names)?)
            }
            CopyOption::ForceNull(names) => options.force_null(self.columns("FORCE_NULL", names)?),
            CopyOption::Format(_) | CopyOption::Freeze(_) | CopyOption::Encoding(_) => options,
        };
        Ok(self)
    }

    fn with_legacy(mut self, option: &CopyLegacyOption) -> Result<Self> {
        match option {
            CopyLegacyOption::Delimiter(c) => self.with(&CopyOption::Delimiter(*c)),
            CopyLegacyOption::Null(null) => self.with(&CopyOption::Null(null.clone())),
            CopyLegacyOption::Csv(csv) => {
                for option in csv {
                    self = self.with(&match option {
                        CopyLegacyCsvOption::Header => CopyOption::Header(true),
                        CopyLegacyCsvOption::Quote(c) => CopyOption::Quote(*c),
                        CopyLegacyCsvOption::Escape(c) => CopyOption::Escape(*c),
                        CopyLegacyCsvOption::ForceQuote(n) => CopyOption::ForceQuote(n.clone()),
                        CopyLegacyCsvOption::ForceNotNull(n) => CopyOption::ForceNotNull(n.clone()),
                    })?;
                }
                Ok(self)
            }
            _ => Ok(self),
        }
    }

    /// The places of the columns that an option names.
    fn columns(&self, option: &str, names: &[Ident]) -> Result<Columns> {
        let (to, direction) = match option {
            "FORCE_QUOTE" => (true, "COPY TO"),
            _ => (false, "COPY FROM"),
        };
        if self.options.layout() == Layout::Csv && to != self.copied.to {
            let option = option.to_lowercase().replace('_', " ");
            return Err(Error::unsupported(format!(
                "COPY {option} only available using {direction}"
            )));
        }
        if names
            .iter()
            .any(|name| name.value == EVERY && name.quote_style.is_none())
        {
            return Ok(Columns::All);
        }
        let place = |name: &Ident| {
            let name = fold(name);
            let place = self.copied.names.iter().position(|column| *column == name);
            place.ok_or_else(|| self.missing(option, &name))
        };
        Ok(Columns::These(
            names.iter().map(place).collect::<Result<_>>()?,
        ))
    }

    fn missing(&self, option: &str, name: &str) -> Error {
        let (sqlstate, message) = match self.copied.table {
            Some(table) if table.columns.iter().any(|column| column.name == name) => (
                SqlState::INVALID_COLUMN_REFERENCE,
                format!("{option} column \"{name}\" not referenced by COPY"),
            ),
            Some(table) => (
                SqlState::UNDEFINED_COLUMN,
                format!(
                    "column \"{name}\" of relation \"{}\" does not exist",
                    table.name
                ),
            ),
            None => (
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{name}\" does not exist"),
            ),
        };
        Error::new(sqlstate, message)
    }
}

/// A character as the option takes it; beyond ASCII it is refused by the check.
fn byte(c: char) -> u8 {
    u8::try_from(c).unwrap_or(u8::MAX)
}
