//! Aggregates and window functions.

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, WindowFrame, WindowSpec, WindowType,
};
use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use super::Translator;
use super::convert::rank;
use super::node::{Node, quote};
use super::scope::{Scope, fold};

impl Translator<'_> {
    /// The call as an aggregate or window function; `None` when the name is neither.
    pub(super) fn aggregate(
        &mut self,
        scope: &Scope<'_>,
        name: &str,
        function: &Function,
        at: Location,
    ) -> Result<Option<Node>> {
        let FunctionArguments::List(list) = &function.args else {
            return Ok(None);
        };
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let star = matches!(
            list.args.as_slice(),
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]
        );
        let is_window = matches!(
            name,
            "row_number"
                | "rank"
                | "dense_rank"
                | "percent_rank"
                | "cume_dist"
                | "ntile"
                | "lag"
                | "lead"
                | "first_value"
                | "last_value"
                | "nth_value"
        );
        let is_aggregate = matches!(
            name,
            "count"
                | "sum"
                | "avg"
                | "min"
                | "max"
                | "string_agg"
                | "array_agg"
                | "bool_and"
                | "bool_or"
                | "every"
                | "json_agg"
                | "jsonb_agg"
                | "stddev"
                | "stddev_samp"
                | "stddev_pop"
                | "variance"
                | "var_samp"
                | "var_pop"
                | "group_concat"
                | "total"
                | "json_object_agg"
                | "jsonb_object_agg"
                | "bit_and"
                | "bit_or"
        );
        if !is_window && !is_aggregate {
            return Ok(None);
        }
        if let Some(clause) = self.clause {
            let (kind, code) = if is_window || function.over.is_some() {
                ("window", SqlState::WINDOWING_ERROR)
            } else {
                ("aggregate", SqlState::GROUPING_ERROR)
            };
            let message = format!("{kind} functions are not allowed in {clause}");
            return Err(self.source.mark(Error::new(code, message), at));
        }
        if is_window && function.over.is_none() {
            let error = Error::new(
                SqlState::WINDOWING_ERROR,
                format!("window function {name} requires an OVER clause"),
            );
            return Err(self.source.mark(error, at));
        }
        // The columns inside an aggregate need not be grouped by, nor those of the outer query if it has no others.
        let aggregates = is_aggregate && function.over.is_none();
        let marks = scope.marks();
        let mut args = if star {
            Vec::new()
        } else {
            self.arguments(scope, &function.args, at)?
        };
        for (place, arg) in args.iter_mut().enumerate() {
            // MIN and MAX of a literal, the separator of string_agg: text.
            if !matches!((name, place), ("sum" | "avg", _)) {
                *arg = self.settle(arg.clone())?;
            }
        }
        let first = args.first().map_or(Type::UNSPECIFIED, |n| n.ty);
        let (calls, inside, ty) = self.aggregate_of(name, args, first, at)?;
        let mut sql = format!("{calls}(");
        if distinct {
            sql.push_str("DISTINCT ");
        }
        sql.push_str(if star { "*" } else { &inside });
        for clause in &list.clauses {
            if let FunctionArgumentClause::OrderBy(keys) = clause {
                let keys = self.sort_keys(scope, keys)?;
                sql.push_str(&format!(" ORDER BY {keys}"));
            }
        }
        sql.push(')');
        if let Some(filter) = &function.filter {
            let condition = self.expr(scope, filter)?;
            sql.push_str(&format!(
                " FILTER (WHERE {})",
                self.boolean(condition, "FILTER")?.sql
            ));
        }
        if aggregates {
            scope.uses.aggregated.set(true);
            scope.forget(&marks);
        }
        match &function.over {
            None => {}
            Some(WindowType::NamedWindow(name)) => {
                sql.push_str(&format!(" OVER {}", quote(&fold(name))))
            }
            Some(WindowType::WindowSpec(spec)) => {
                let spec = self.window(scope, spec)?;
                sql.push_str(&format!(" OVER ({spec})"));
            }
        }
        let sql = match name {
            "avg" | "sum" if ty == Type::FLOAT8 && first == Type::FLOAT4 => sql,
            _ => sql,
        };
        Ok(Some(Node::new(sql, ty).at(at)))
    }

    /// The SQLite function, its arguments and the type of the result.
    fn aggregate_of(
        &mut self,
        name: &str,
        args: Vec<Node>,
        first: Type,
        at: Location,
    ) -> Result<(&'static str, String, Type)> {
        let text = |nodes: &[Node]| {
            nodes
                .iter()
                .map(|n| n.sql.clone())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let inside = text(&args);
        let oid = first.oid().0;
        let number = |this: &Self| -> Result<()> {
            if rank(first).is_none() && !matches!(first, Type::UNSPECIFIED | Type::INTERVAL) {
                let message = format!("function {name}({}) does not exist", first.sql_name());
                let error = Error::new(SqlState::UNDEFINED_FUNCTION, message).hint(
                    "No function matches the given name and argument types. You might need to add explicit type casts.",
                );
                return Err(this.source.mark(error, at));
            }
            Ok(())
        };
        Ok(match name {
            "count" => ("count", inside, Type::INT8),
            "sum" => {
                number(self)?;
                match first {
                    Type::INT2 | Type::INT4 => ("sum", inside, Type::INT8),
                    Type::INT8 | Type::NUMERIC => ("tl_sum", inside, Type::NUMERIC),
                    Type::INTERVAL => ("tl_sum_interval", inside, Type::INTERVAL),
                    ty => ("sum", inside, ty),
                }
            }
            "avg" => {
                number(self)?;
                match first {
                    Type::INT2 | Type::INT4 | Type::INT8 | Type::NUMERIC => {
                        ("tl_avg", inside, Type::NUMERIC)
                    }
                    Type::UNSPECIFIED => ("avg", inside, Type::UNSPECIFIED),
                    _ => ("avg", inside, Type::FLOAT8),
                }
            }
            "min" => ("min", inside, first),
            "max" => ("max", inside, first),
            "bool_and" | "every" => ("min", inside, Type::BOOL),
            "bool_or" => ("max", inside, Type::BOOL),
            "string_agg" if first == Type::BYTEA => {
                return Err(self.unsupported("string_agg of bytea", at));
            }
            "string_agg" | "group_concat" => ("group_concat", inside, Type::TEXT),
            "array_agg" => {
                let Some(ty) = first.array() else {
                    return Err(self.unsupported("array_agg of this type", at));
                };
                ("tl_array_agg", format!("{inside}, {oid}"), ty)
            }
            "json_agg" => (
                "tl_json_agg",
                format!("{inside}, {oid}, {}", Type::JSON.oid().0),
                Type::JSON,
            ),
            "jsonb_agg" => (
                "tl_json_agg",
                format!("{inside}, {oid}, {}", Type::JSONB.oid().0),
                Type::JSONB,
            ),
            "stddev" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" => {
                number(self)?;
                let exact = matches!(first, Type::INT2 | Type::INT4 | Type::INT8 | Type::NUMERIC);
                let (calls, exactly) = match name {
                    "stddev_pop" => ("tl_stddev_pop", "tl_numeric_stddev_pop"),
                    "variance" | "var_samp" => ("tl_var_samp", "tl_numeric_var_samp"),
                    "var_pop" => ("tl_var_pop", "tl_numeric_var_pop"),
                    _ => ("tl_stddev_samp", "tl_numeric_stddev_samp"),
                };
                if exact {
                    (exactly, inside, Type::NUMERIC)
                } else {
                    (calls, inside, Type::FLOAT8)
                }
            }
            "total" => ("total", inside, Type::FLOAT8),
            "row_number" => ("row_number", inside, Type::INT8),
            "rank" => ("rank", inside, Type::INT8),
            "dense_rank" => ("dense_rank", inside, Type::INT8),
            "percent_rank" => ("percent_rank", inside, Type::FLOAT8),
            "cume_dist" => ("cume_dist", inside, Type::FLOAT8),
            "ntile" => ("ntile", inside, Type::INT4),
            "lag" => ("lag", inside, first),
            "lead" => ("lead", inside, first),
            "first_value" => ("first_value", inside, first),
            "last_value" => ("last_value", inside, first),
            "nth_value" => ("nth_value", inside, first),
            _ => return Err(self.unsupported(&format!("aggregate {name}"), at)),
        })
    }

    pub(super) fn window(&mut self, scope: &Scope<'_>, spec: &WindowSpec) -> Result<String> {
        let mut parts = Vec::new();
        if let Some(name) = &spec.window_name {
            parts.push(quote(&fold(name)));
        }
        if !spec.partition_by.is_empty() {
            let keys = spec
                .partition_by
                .iter()
                .map(|e| self.plain(scope, e))
                .collect::<Result<Vec<_>>>()?;
            parts.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !spec.order_by.is_empty() {
            parts.push(format!(
                "ORDER BY {}",
                self.sort_keys(scope, &spec.order_by)?
            ));
        }
        if let Some(frame) = &spec.window_frame {
            parts.push(frame_text(frame));
        }
        Ok(parts.join(" "))
    }

    fn plain(&mut self, scope: &Scope<'_>, expr: &Expr) -> Result<String> {
        let node = self.expr(scope, expr)?;
        Ok(self.settle(node)?.sql)
    }
}

/// A frame is written alike on both sides: numbers and keywords.
fn frame_text(frame: &WindowFrame) -> String {
    match &frame.end_bound {
        Some(end) => format!("{} BETWEEN {} AND {end}", frame.units, frame.start_bound),
        None => format!("{} {}", frame.units, frame.start_bound),
    }
}
