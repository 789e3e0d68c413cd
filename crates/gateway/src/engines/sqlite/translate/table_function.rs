//! Functions in FROM, whose rows are a relation.

use sqlparser::ast::{Function, FunctionArg, FunctionArguments, ObjectName, TableAlias};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::from::named;
use super::membership::elements;
use super::node::{Node, quote};
use super::scope::{Relation, Scope, Visible, fold};

impl Translator<'_> {
    pub(super) fn table_function(
        &mut self,
        scope: &mut Scope<'_>,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
    ) -> Result<String> {
        let (_, bare, at) = self.split(name)?;
        let nodes = args
            .iter()
            .map(|arg| self.argument(scope, arg, at))
            .collect::<Result<Vec<_>>>()?;
        match bare.as_str() {
            "generate_series" => self.series(scope, nodes, alias, at),
            "unnest" => match nodes.as_slice() {
                [array] => self.unnest(scope, array.clone(), alias),
                _ => Err(self.unsupported("unnest of several arrays", at)),
            },
            "json_each"
            | "json_tree"
            | "jsonb_each"
            | "pragma_table_info"
            | "pragma_table_xinfo"
            | "pragma_table_list"
            | "pragma_index_list"
            | "pragma_index_info"
            | "pragma_foreign_key_list"
            | "pragma_function_list"
            | "pragma_collation_list"
            | "pragma_compile_options" => {
                let sqls: Vec<String> = nodes.into_iter().map(|n| n.sql).collect();
                let (sql, relation) = named(
                    &format!("{}({})", quote(&bare), sqls.join(", ")),
                    &bare,
                    Vec::new(),
                    true,
                    alias,
                );
                scope.add(relation)?;
                Ok(sql)
            }
            "json_array_elements"
            | "jsonb_array_elements"
            | "json_array_elements_text"
            | "jsonb_array_elements_text" => {
                let [json] = nodes.as_slice() else {
                    return Err(self.unsupported("this call", at));
                };
                let ty = match (bare.ends_with("_text"), bare.starts_with("jsonb")) {
                    (true, _) => Type::TEXT,
                    (false, true) => Type::JSONB,
                    (false, false) => Type::JSON,
                };
                let value = if ty == Type::TEXT {
                    "tl_json_member(json, key, 1, 114)"
                } else {
                    "tl_json_member(json, key, 0, 114)"
                };
                let from = format!("(SELECT {value} AS \"value\" FROM json_each({}))", json.sql);
                self.column_function(scope, &from, "value", ty, alias)
            }
            _ => {
                let error = Error::new(
                    SqlState::UNDEFINED_FUNCTION,
                    format!("function {bare}() does not exist"),
                );
                Err(self.source.mark(error, at))
            }
        }
    }

    /// `generate_series(from, to [, step])`.
    pub(super) fn series(
        &mut self,
        scope: &mut Scope<'_>,
        nodes: Vec<Node>,
        alias: Option<&TableAlias>,
        at: Location,
    ) -> Result<String> {
        let count = nodes.len();
        if !(2..=3).contains(&count) {
            return Err(self.source.mark(
                Error::new(
                    SqlState::UNDEFINED_FUNCTION,
                    "function generate_series() does not exist",
                ),
                at,
            ));
        }
        if nodes
            .iter()
            .take(2)
            .any(|n| matches!(n.ty, Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::DATE))
        {
            return self.date_series(scope, nodes, alias, at);
        }
        let (nodes, ty) = self.together(nodes, "generate_series")?;
        let ty = if ty == Type::INT8 {
            Type::INT8
        } else {
            Type::INT4
        };
        let mut sqls: Vec<String> = nodes
            .into_iter()
            .map(|n| self.implicit(n, ty).map(|n| n.sql))
            .collect::<Result<_>>()?;
        if let Some(step) = sqls.get_mut(2) {
            *step = format!("tl_step({step})");
        }
        let from = format!("(SELECT value FROM generate_series({}))", sqls.join(", "));
        self.column_function(scope, &from, "generate_series", ty, alias)
    }

    pub(super) fn date_series(
        &mut self,
        scope: &mut Scope<'_>,
        nodes: Vec<Node>,
        alias: Option<&TableAlias>,
        at: Location,
    ) -> Result<String> {
        let mut nodes = nodes.into_iter();
        let (Some(from), Some(to), Some(step)) = (nodes.next(), nodes.next(), nodes.next()) else {
            let error = Error::new(
                SqlState::UNDEFINED_FUNCTION,
                "generate_series over timestamps needs a step",
            );
            return Err(self.source.mark(error, at));
        };
        let ty = if from.ty == Type::TIMESTAMP || to.ty == Type::TIMESTAMP {
            Type::TIMESTAMP
        } else {
            Type::TIMESTAMPTZ
        };
        let (from, to) = (self.implicit(from, ty)?.sql, self.implicit(to, ty)?.sql);
        let step = self.implicit(step, Type::INTERVAL)?.sql;
        let (oid, interval) = (ty.oid().0, Type::INTERVAL.oid().0);
        let sql = format!(
            "(WITH RECURSIVE tl_days(value) AS (SELECT {from} WHERE {from} <= {to} UNION ALL \
             SELECT tl_date(value, {oid}, '+', {step}, {interval}) FROM tl_days \
             WHERE tl_date(value, {oid}, '+', {step}, {interval}) <= {to}) SELECT value FROM tl_days)"
        );
        self.column_function(scope, &sql, "generate_series", ty, alias)
    }

    pub(super) fn unnest(
        &mut self,
        scope: &mut Scope<'_>,
        array: Node,
        alias: Option<&TableAlias>,
    ) -> Result<String> {
        let Some(element) = array.ty.element() else {
            let message = format!("function unnest({}) does not exist", array.ty.sql_name());
            return Err(self
                .source
                .mark(Error::new(SqlState::UNDEFINED_FUNCTION, message), array.at));
        };
        let from = format!("(SELECT value FROM {})", elements(&array));
        self.column_function(scope, &from, "unnest", element, alias)
    }

    /// A function with one column, which takes the alias's name as PostgreSQL has it.
    pub(super) fn column_function(
        &mut self,
        scope: &mut Scope<'_>,
        from: &str,
        name: &str,
        ty: Type,
        alias: Option<&TableAlias>,
    ) -> Result<String> {
        let relation_name = alias.map_or_else(|| name.to_owned(), |a| fold(&a.name));
        let column = alias
            .and_then(|a| a.columns.first())
            .map_or_else(|| relation_name.clone(), |c| fold(&c.name));
        let stored = Some("value".to_owned());
        let columns = vec![Visible {
            stored,
            ..Visible::new(column, ty)
        }];
        scope.add(Relation {
            alias: relation_name.clone(),
            columns,
            open: false,
        })?;
        Ok(format!("{from} AS {}", quote(&relation_name)))
    }

    /// A set-returning function among the columns of a query without FROM moves there.
    pub(super) fn lone_function(
        &mut self,
        scope: &mut Scope<'_>,
        function: &Function,
    ) -> Result<String> {
        let FunctionArguments::List(list) = &function.args else {
            return Ok(String::new());
        };
        self.table_function(scope, &function.name, &list.args, None)
    }
}
