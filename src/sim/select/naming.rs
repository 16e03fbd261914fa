//! The names of result columns without an alias.

use super::identifier::{ident, parts};
use crate::types::SqlType;
use sqlparser::ast::{Expr, FunctionArguments, Query, SelectItem, SetExpr};

/// The name of a result column without an alias.
#[must_use]
pub fn output_name(expression: &Expr) -> String {
    let name = match expression {
        Expr::Identifier(name) => ident(name),
        Expr::CompoundIdentifier(parts) => parts.last().map(ident).unwrap_or_default(),
        Expr::Function(function) => match &function.args {
            FunctionArguments::Subquery(_) => "array".to_owned(),
            _ => parts(&function.name)
                .ok()
                .and_then(|mut parts| parts.pop())
                .unwrap_or_default(),
        },
        Expr::Cast {
            expr, data_type, ..
        } => match output_name(expr).as_str() {
            "?column?" => super::cast::type_of(data_type)
                .map_or("?column?", SqlType::short_name)
                .to_owned(),
            name => name.to_owned(),
        },
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => output_name(inner),
        Expr::Extract { .. } => "extract".to_owned(),
        Expr::Case { else_result, .. } => match else_result.as_deref().map(output_name) {
            Some(name) if name != "?column?" => name,
            _ => "case".to_owned(),
        },
        Expr::Exists { .. } => "exists".to_owned(),
        Expr::Array(_) => "array".to_owned(),
        Expr::Interval(_) => "interval".to_owned(),
        Expr::Subquery(query) => subquery_name(query),
        Expr::Substring { .. } => "substring".to_owned(),
        Expr::Trim { .. } => "btrim".to_owned(),
        Expr::Position { .. } => "position".to_owned(),
        Expr::Ceil { .. } => "ceil".to_owned(),
        Expr::Floor { .. } => "floor".to_owned(),
        _ => String::new(),
    };
    if name.is_empty() {
        "?column?".to_owned()
    } else {
        name
    }
}

fn subquery_name(query: &Query) -> String {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return String::new();
    };
    match select.projection.first() {
        Some(SelectItem::UnnamedExpr(expression)) => output_name(expression),
        Some(SelectItem::ExprWithAlias { alias, .. }) => ident(alias),
        _ => String::new(),
    }
}
