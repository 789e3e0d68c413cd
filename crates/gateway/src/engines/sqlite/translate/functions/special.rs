//! Functions that the table of signatures cannot describe.

use sqlparser::tokenizer::Location;
use trunkline_server::{Error, Result, SqlState, Type};

use crate::engines::sqlite::translate::Translator;
use crate::engines::sqlite::translate::convert::rank;
use crate::engines::sqlite::translate::membership::elements;
use crate::engines::sqlite::translate::node::{Node, Shape, text};
use crate::engines::sqlite::translate::pg_catalog;

impl Translator<'_> {
    /// Functions that the table cannot describe.
    pub(super) fn special(
        &mut self,
        name: &str,
        args: &[Node],
        at: Location,
    ) -> Result<Option<Node>> {
        let node = match (name, args) {
            ("coalesce", [_, ..]) => {
                let (nodes, ty) = self.together(args.to_vec(), "COALESCE")?;
                match nodes.as_slice() {
                    [one] => one.clone(),
                    _ => Node::new(format!("coalesce({})", join(&nodes)), ty),
                }
            }
            ("nullif", [_, _]) => {
                let (nodes, ty) = self.together(args.to_vec(), "NULLIF")?;
                Node::new(format!("nullif({})", join(&nodes)), ty)
            }
            ("greatest" | "least", [_, ..]) => {
                let (nodes, ty) = self.together(args.to_vec(), &name.to_uppercase())?;
                Node::new(format!("tl_{name}({}, {})", ty.oid().0, join(&nodes)), ty)
            }
            ("abs", [one]) if one.ty == Type::NUMERIC => {
                Node::new(format!("tl_numeric_abs({})", one.sql), Type::NUMERIC)
            }
            ("abs", [one]) if matches!(one.ty, Type::INT2 | Type::INT4) => {
                Node::new(format!("tl_{}(abs({}))", one.ty.name(), one.sql), one.ty)
            }
            ("abs", [one]) if rank(one.ty).is_some() => {
                Node::new(format!("abs({})", one.sql), one.ty)
            }
            ("pg_typeof", [one]) => {
                let ty = one.ty;
                if ty == Type::UNSPECIFIED {
                    Node::new(format!("typeof({})", one.sql), Type::REGTYPE)
                } else {
                    // The value is not needed, but a parameter must still get a type.
                    if let Shape::Param(_) = one.shape {
                        self.settle(one.clone())?;
                    }
                    Node::new(ty.oid().0.to_string(), Type::REGTYPE)
                }
            }
            ("date_part", [field, value]) => match &field.shape {
                Shape::Literal(field) => self.extract(field, value.clone(), false, at)?,
                _ => return Err(self.unsupported("date_part with a computed field", at)),
            },
            ("date_trunc", [field, value]) => {
                let value = if value.is_open() || value.ty == Type::DATE {
                    self.implicit(value.clone(), Type::TIMESTAMPTZ)?
                } else {
                    value.clone()
                };
                let field = self.implicit_text(field.clone())?;
                if !matches!(
                    value.ty,
                    Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL
                ) {
                    return Ok(None);
                }
                Node::new(
                    format!(
                        "tl_date_trunc({}, {}, {})",
                        field.sql,
                        value.sql,
                        value.ty.oid().0
                    ),
                    value.ty,
                )
            }
            ("timezone", [zone, value]) => {
                let zone = self.implicit_text(zone.clone())?;
                let value = if value.is_open() {
                    self.implicit(value.clone(), Type::TIMESTAMPTZ)?
                } else {
                    value.clone()
                };
                let result = match value.ty {
                    Type::TIMESTAMP | Type::DATE => Type::TIMESTAMPTZ,
                    Type::TIMESTAMPTZ => Type::TIMESTAMP,
                    _ => return Ok(None),
                };
                Node::new(
                    format!(
                        "tl_timezone({}, {}, {})",
                        zone.sql,
                        value.sql,
                        value.ty.oid().0
                    ),
                    result,
                )
            }
            ("to_char", [value, format]) if !value.is_open() => {
                let format = self.implicit_text(format.clone())?;
                Node::new(
                    format!(
                        "tl_to_char({}, {}, {})",
                        value.sql,
                        value.ty.oid().0,
                        format.sql
                    ),
                    Type::TEXT,
                )
            }
            (
                "array_length" | "cardinality" | "array_upper" | "array_lower" | "array_ndims",
                [array, ..],
            ) if array.ty.element().is_some() => {
                let dimension = args.get(1).map_or("1", |n| n.sql.as_str());
                Node::new(
                    format!(
                        "tl_array_size({}, {}, '{name}', {dimension})",
                        array.sql,
                        array.ty.oid().0
                    ),
                    Type::INT4,
                )
            }
            ("array_to_string", [array, separator, ..]) if array.ty.element().is_some() => {
                let separator = self.implicit_text(separator.clone())?;
                let null = args.get(2).map_or("NULL".to_owned(), |n| n.sql.clone());
                Node::new(
                    format!(
                        "tl_array_to_string({}, {}, {}, {null})",
                        array.sql,
                        array.ty.oid().0,
                        separator.sql
                    ),
                    Type::TEXT,
                )
            }
            ("array_position", [array, item]) if array.ty.element().is_some() => {
                let item = self.implicit(item.clone(), array.ty.element().unwrap_or(Type::TEXT))?;
                let elements = elements(array);
                Node::new(
                    format!(
                        "(SELECT min(key) + 1 FROM {elements} WHERE value IS {})",
                        item.sql
                    ),
                    Type::INT4,
                )
            }
            ("array_append", [array, item]) if array.ty.element().is_some() => {
                return Ok(Some(self.binary(
                    array.clone(),
                    &sqlparser::ast::BinaryOperator::StringConcat,
                    item.clone(),
                    at,
                )?));
            }
            ("to_json" | "to_jsonb" | "row_to_json" | "array_to_json", [value, ..]) => {
                let value = self.settle(value.clone())?;
                let ty = if name == "to_jsonb" {
                    Type::JSONB
                } else {
                    Type::JSON
                };
                Node::new(
                    format!(
                        "tl_to_json({}, {}, {})",
                        value.sql,
                        value.ty.oid().0,
                        ty.oid().0
                    ),
                    ty,
                )
            }
            (
                "json_build_object" | "jsonb_build_object" | "json_build_array"
                | "jsonb_build_array",
                _,
            ) => {
                let ty = if name.starts_with("jsonb") {
                    Type::JSONB
                } else {
                    Type::JSON
                };
                let mut sql = format!(
                    "tl_json_build({}, {}",
                    ty.oid().0,
                    i32::from(name.ends_with("object"))
                );
                for arg in args {
                    let arg = self.settle(arg.clone())?;
                    sql.push_str(&format!(", {}, {}", arg.sql, arg.ty.oid().0));
                }
                Node::new(sql + ")", ty)
            }
            ("generate_series" | "unnest", _) => {
                let error = Error::new(
                    SqlState::FEATURE_NOT_SUPPORTED,
                    format!("set-returning function {name} is not supported here"),
                )
                .hint("Call it in FROM.");
                return Err(self.source.mark(error, at));
            }
            ("txid_current" | "pg_current_xact_id", []) => Node::new("1", Type::INT8),
            ("current_schemas", [_]) => Node::new("'{pg_catalog,public}'", Type::NAME_ARRAY),
            ("current_setting", [name]) => {
                let name = self.implicit_text(name.clone())?;
                Node::new(format!("tl_setting({}, 0)", name.sql), Type::TEXT)
            }
            ("current_setting", [name, missing]) => {
                let (name, missing) = (
                    self.implicit_text(name.clone())?,
                    self.boolean(missing.clone(), "current_setting")?,
                );
                Node::new(
                    format!("tl_setting({}, {})", name.sql, missing.sql),
                    Type::TEXT,
                )
            }
            ("pg_get_constraintdef", [oid, ..]) => Node::new(
                pg_catalog::definition("pg_constraint", &oid.sql, self.catalog)?,
                Type::TEXT,
            ),
            ("pg_get_indexdef", [oid]) => Node::new(
                pg_catalog::definition("pg_index", &oid.sql, self.catalog)?,
                Type::TEXT,
            ),
            ("pg_get_indexdef", [oid, column, _]) => {
                let (oid, column) = (&oid.sql, &column.sql);
                let whole = pg_catalog::definition("pg_index", oid, self.catalog)?;
                let attributes =
                    pg_catalog::relation(Some("pg_catalog"), "pg_attribute", self.catalog)?;
                let attributes = attributes.map(|(query, _)| query).unwrap_or_default();
                Node::new(
                    format!(
                        "(CASE WHEN {column} = 0 THEN {whole} ELSE (SELECT attname FROM ({attributes}) \
                         WHERE attrelid = {oid} AND attnum = {column}) END)"
                    ),
                    Type::TEXT,
                )
            }
            ("pg_get_function_result", [oid]) => {
                Node::new(pg_catalog::of_function("result", &oid.sql), Type::TEXT)
            }
            ("pg_get_function_arguments" | "pg_get_function_identity_arguments", [oid]) => {
                Node::new(pg_catalog::of_function("arguments", &oid.sql), Type::TEXT)
            }
            ("pg_get_triggerdef" | "pg_get_statisticsobjdef_columns", [_, ..]) => {
                Node::new("NULL", Type::TEXT)
            }
            ("pg_partition_ancestors", [_]) => Node::new("NULL", Type::REGCLASS),
            ("pg_relation_is_publishable", [_]) => Node::new("false", Type::BOOL),
            ("pg_table_size" | "pg_indexes_size", [_]) => Node::new("0", Type::INT8),
            ("random", []) => Node::new("tl_random()", Type::FLOAT8),
            ("round" | "trunc", [value, places]) => {
                let value = self.implicit(value.clone(), Type::NUMERIC)?;
                let places = self.implicit(places.clone(), Type::INT4)?;
                Node::new(
                    format!("tl_numeric_{name}({}, {})", value.sql, places.sql),
                    Type::NUMERIC,
                )
            }
            _ => return Ok(self.niladic_call(name, args)),
        };
        Ok(Some(node))
    }

    pub(super) fn niladic_call(&mut self, name: &str, args: &[Node]) -> Option<Node> {
        match (name, args.is_empty()) {
            (
                "current_user"
                | "session_user"
                | "user"
                | "current_catalog"
                | "current_schema"
                | "current_database"
                | "version"
                | "now"
                | "transaction_timestamp"
                | "statement_timestamp"
                | "clock_timestamp",
                true,
            ) => self.niladic(name),
            _ => None,
        }
    }

    /// Values that take no arguments, with or without parentheses.
    pub(in crate::engines::sqlite::translate) fn niladic(&mut self, name: &str) -> Option<Node> {
        let now = |ty: Type| Node::new(format!("tl_now({})", ty.oid().0), ty);
        Some(match name {
            "current_user" | "session_user" | "user" | "current_role" => {
                Node::new(text(&self.facts.user), Type::NAME)
            }
            "current_catalog" | "current_database" => {
                Node::new(text(&self.facts.database), Type::NAME)
            }
            "current_schema" => Node::new("'public'", Type::NAME),
            "version" => Node::new(text(&crate::engines::sqlite::version()), Type::TEXT),
            "now" | "current_timestamp" | "transaction_timestamp" => now(Type::TIMESTAMPTZ),
            "statement_timestamp" => Node::new("tl_statement_now()", Type::TIMESTAMPTZ),
            "clock_timestamp" => Node::new("tl_clock()", Type::TIMESTAMPTZ),
            "localtimestamp" => now(Type::TIMESTAMP),
            "current_date" => now(Type::DATE),
            "localtime" => now(Type::TIME),
            "current_time" => now(Type::TIMETZ),
            _ => return None,
        })
    }

    /// `'name'::regclass`: the OID of a table.
    pub(in crate::engines::sqlite::translate) fn regclass(
        &mut self,
        node: Node,
        at: Location,
    ) -> Result<Node> {
        if let (Shape::Literal(name), true) = (&node.shape, node.is_open()) {
            if let Ok(oid) = name.parse::<u32>() {
                return Ok(Node::new(oid.to_string(), Type::REGCLASS).at(at));
            }
            let bare = name
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .trim_matches('"');
            let oid = match self.catalog.table(bare)? {
                Some(table) => Some(table.oid),
                None => pg_catalog::oid(bare),
            };
            return match oid {
                Some(oid) => Ok(Node::new(oid.to_string(), Type::REGCLASS).at(at)),
                None => {
                    let error = Error::new(
                        SqlState::UNDEFINED_TABLE,
                        format!("relation \"{name}\" does not exist"),
                    );
                    Err(self.source.mark(error, at))
                }
            };
        }
        let node = if node.is_open() {
            self.implicit(node, Type::REGCLASS)?
        } else {
            node
        };
        Ok(Node::new(node.sql, Type::REGCLASS).at(at))
    }
}

pub(super) fn join(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|n| n.sql.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
