//! The names that PostgreSQL gives to the columns of a result (its `FigureColname`).

use sqlparser::ast::{
    CeilFloorKind, Expr, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, TrimWhereField,
    Value,
};

use super::scope::fold;
use super::types::resolve;

const NAMELESS: &str = "?column?";

/// The name of the column that `expr` makes.
pub(super) fn output_name(expr: &Expr) -> String {
    figure(expr).0.unwrap_or_else(|| NAMELESS.to_owned())
}

/// A name, and whether it is a good one: a cast of something with a poor name is named after its type.
fn figure(expr: &Expr) -> (Option<String>, bool) {
    let good = |name: &str| (Some(name.to_owned()), true);
    match expr {
        Expr::Identifier(ident) => (Some(fold(ident)), true),
        Expr::CompoundIdentifier(parts) => (parts.last().map(fold), true),
        Expr::Function(function) => (last(&function.name), true),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => figure(inner),
        Expr::Cast {
            expr, data_type, ..
        } => match figure(expr) {
            (Some(name), true) => (Some(name), true),
            _ => (type_name(data_type), false),
        },
        Expr::TypedString(typed) => (type_name(&typed.data_type), false),
        Expr::Interval(_) => (Some("interval".to_owned()), false),
        Expr::Value(value) => match value.value {
            Value::Boolean(_) => (Some("bool".to_owned()), false),
            _ => (None, false),
        },
        Expr::Case { else_result, .. } => match else_result.as_deref().map(figure) {
            Some((Some(name), true)) => (Some(name), true),
            _ => (Some("case".to_owned()), false),
        },
        Expr::Exists { negated: false, .. } => good("exists"),
        Expr::Subquery(query) => (single(query), true),
        Expr::Extract { .. } => good("extract"),
        Expr::Position { .. } => good("position"),
        Expr::Substring {
            shorthand: true, ..
        } => good("substr"),
        Expr::Substring { .. } => good("substring"),
        Expr::Overlay { .. } => good("overlay"),
        Expr::Trim { trim_where, .. } => good(match trim_where {
            Some(TrimWhereField::Leading) => "ltrim",
            Some(TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::Ceil {
            field: CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_),
            ..
        } => good("ceil"),
        Expr::Floor { .. } => good("floor"),
        Expr::AtTimeZone { .. } => good("timezone"),
        Expr::Array(_) => good("array"),
        Expr::CompoundFieldAccess { root, .. } => figure(root),
        Expr::Tuple(_) => good("row"),
        _ => (None, false),
    }
}

fn type_name(data_type: &sqlparser::ast::DataType) -> Option<String> {
    let ty = resolve(data_type).ok()?.ty;
    Some(ty.element().unwrap_or(ty).name().to_owned())
}

fn single(query: &Query) -> Option<String> {
    match query.body.as_ref() {
        SetExpr::Select(select) => match select.projection.first()? {
            SelectItem::UnnamedExpr(expr) => figure(expr).0,
            SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
            _ => None,
        },
        SetExpr::Query(query) => single(query),
        SetExpr::Values(_) => Some("column1".to_owned()),
        _ => None,
    }
}

/// The last part of a dotted name, folded.
pub(super) fn last(name: &ObjectName) -> Option<String> {
    match name.0.last()? {
        ObjectNamePart::Identifier(ident) => Some(fold(ident)),
        ObjectNamePart::Function(_) => None,
    }
}
