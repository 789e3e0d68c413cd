//! One statement, by its kind.

use sqlparser::ast::{AnalyzeFormatKind, CloseCursor, DiscardObject, Reset, Set, Statement};
use sqlparser::tokenizer::Location;
use trunkline_server::{Result, Type};

use super::Translator;
use super::node::quote;
use super::plan::{Command, Output, Plan, TagKind};

const NOWHERE: Location = Location { line: 0, column: 0 };

/// The query with `OID:name` for each `regclass` of its result: clients are told the name in text, the OID in binary.
fn relations_named(sql: String, columns: &[Output]) -> String {
    if !columns.iter().any(|column| column.ty == Type::REGCLASS) {
        return sql;
    }
    let names: Vec<String> = (1..=columns.len()).map(|n| format!("c{n}")).collect();
    let items: Vec<String> = names
        .iter()
        .zip(columns)
        .map(|(name, column)| {
            let value = if column.ty == Type::REGCLASS {
                format!(
                    "{name} || ':' || coalesce((SELECT s.name FROM sqlite_schema AS s WHERE s.rowid + 16384 = {name}), {name})"
                )
            } else {
                name.clone()
            };
            format!("{value} AS {}", quote(&column.name))
        })
        .collect();
    let (items, names) = (items.join(", "), names.join(", "));
    format!("SELECT {items} FROM (WITH tl_part({names}) AS ({sql}) SELECT * FROM tl_part)")
}

impl Translator<'_> {
    pub(super) fn statement(&mut self, statement: Statement) -> Result<Plan> {
        match statement {
            Statement::Query(query) => {
                let (sql, columns) = self.query(&query, None)?;
                let sql = relations_named(sql, &columns);
                self.finish(sql, Some(columns), TagKind::Select, None)
            }
            Statement::Insert(insert) => self.insert(&insert),
            Statement::Update(update) => self.update(&update),
            Statement::Delete(delete) => self.delete(&delete),
            Statement::Truncate(truncate) => self.truncate(&truncate),
            Statement::Copy {
                source,
                to,
                target,
                options,
                legacy_options,
                ..
            } => self.copy(&source, to, &target, &options, &legacy_options),
            Statement::CreateTable(create) => self.create_table(&create),
            Statement::CreateIndex(create) => self.create_index(&create),
            Statement::CreateView(create) => self.create_view(&create),
            Statement::AlterTable(alter) => self.alter_table(&alter),
            Statement::Drop {
                object_type,
                if_exists,
                names,
                cascade,
                ..
            } => self.drop(object_type, if_exists, cascade, &names),
            Statement::Set(set) => self.set(&set),
            Statement::ShowVariable { variable } => Ok(self.show(&variable)),
            Statement::Reset(reset) => Ok(Plan::Command(match reset.reset {
                Reset::ALL => Command::ResetAll,
                Reset::SessionAuthorization => Command::Reset("session_authorization".to_owned()),
                Reset::ConfigurationParameter(name) => {
                    Command::Reset(name.to_string().to_lowercase())
                }
            })),
            Statement::Discard { object_type } => Ok(match object_type {
                DiscardObject::ALL => Plan::Command(Command::DiscardAll),
                DiscardObject::PLANS => Plan::Nothing("DISCARD PLANS"),
                DiscardObject::SEQUENCES => Plan::Nothing("DISCARD SEQUENCES"),
                DiscardObject::TEMP => Plan::Nothing("DISCARD TEMP"),
            }),
            Statement::Explain {
                statement,
                analyze,
                format,
                ..
            } => self.explain(*statement, analyze, format.as_ref()),
            Statement::Close {
                cursor: CloseCursor::All,
            } => Ok(Plan::Nothing("CLOSE CURSOR ALL")),
            Statement::LISTEN { .. } => Err(self.unsupported("LISTEN", NOWHERE)),
            Statement::UNLISTEN { .. } => Ok(Plan::Nothing("UNLISTEN")),
            Statement::Analyze(_) => Ok(Plan::Batch {
                notices: std::mem::take(&mut self.notices),
                statements: vec!["ANALYZE".to_owned()],
                tag: TagKind::Fixed("ANALYZE"),
            }),
            // SQLite's VACUUM rewrites the whole file under an exclusive lock; PostgreSQL's is light and often sent by tools.
            Statement::Vacuum(_) => Ok(Plan::Nothing("VACUUM")),
            Statement::Lock(_) => {
                self.locks = true;
                Ok(Plan::Batch {
                    notices: std::mem::take(&mut self.notices),
                    statements: Vec::new(),
                    tag: TagKind::Fixed("LOCK TABLE"),
                })
            }
            Statement::Comment { .. } => Ok(Plan::Nothing("COMMENT")),
            Statement::Grant(_) => Ok(Plan::Nothing("GRANT")),
            Statement::Revoke(_) => Ok(Plan::Nothing("REVOKE")),
            Statement::Pragma {
                name, value: None, ..
            } => self.pragma(&name.to_string()),
            other => {
                let words: Vec<String> = other
                    .to_string()
                    .split_whitespace()
                    .take(2)
                    .map(str::to_uppercase)
                    .collect();
                Err(self.unsupported(&words.join(" "), NOWHERE))
            }
        }
    }

    /// SQLite's plan, a line a row.
    fn explain(
        &mut self,
        statement: Statement,
        analyze: bool,
        format: Option<&AnalyzeFormatKind>,
    ) -> Result<Plan> {
        if analyze || format.is_some() {
            return Err(self.unsupported("EXPLAIN with ANALYZE or FORMAT", NOWHERE));
        }
        match self.statement(statement)? {
            Plan::Query(mut query) => {
                query.sql = format!("EXPLAIN QUERY PLAN {}", query.sql);
                query.pick = Some(3);
                query.columns = Some(vec![Output {
                    name: "QUERY PLAN".to_owned(),
                    ty: Type::TEXT,
                    modifier: -1,
                    origin: None,
                }]);
                query.tag = TagKind::Fixed("EXPLAIN");
                query.probe = None;
                Ok(Plan::Query(query))
            }
            _ => Err(self.unsupported("EXPLAIN of this statement", NOWHERE)),
        }
    }

    /// The PRAGMAs that only tell.
    fn pragma(&mut self, name: &str) -> Result<Plan> {
        let name = name.to_lowercase();
        if !matches!(
            name.as_str(),
            "table_list"
                | "database_list"
                | "foreign_key_check"
                | "integrity_check"
                | "quick_check"
                | "compile_options"
                | "user_version"
                | "application_id"
                | "journal_mode"
                | "page_count"
                | "page_size"
                | "encoding"
                | "function_list"
                | "collation_list"
        ) {
            return Err(self.unsupported(&format!("PRAGMA {name}"), NOWHERE));
        }
        let star = Output {
            name: "*".to_owned(),
            ty: Type::UNSPECIFIED,
            modifier: -1,
            origin: None,
        };
        self.finish(
            format!("PRAGMA {name}"),
            Some(vec![star]),
            TagKind::Select,
            None,
        )
    }

    fn set(&mut self, set: &Set) -> Result<Plan> {
        super::session::set(set)
            .map(Plan::Command)
            .map_err(|message| self.unsupported(&message, NOWHERE))
    }
}
