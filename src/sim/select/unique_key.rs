//! Which columns of a query tell its rows apart.

use super::identifier::ident;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, Query, Select, SelectItem, SetExpr, Value, ValueWithSpan,
};

/// The places of the columns, from 0, that a query groups by; `None` where grouping tells nothing.
///
/// A server infers more (keys of inputs, DISTINCT ON, unions of constants); what nothing is inferred for has all columns for its key.
#[must_use]
pub fn grouped_by(query: &Query) -> Option<Vec<usize>> {
    let SetExpr::Select(select) = &*query.body else {
        return None;
    };
    let GroupByExpr::Expressions(groups, modifiers) = &select.group_by else {
        return None;
    };
    if groups.is_empty() || !modifiers.is_empty() {
        return None;
    }
    let places: Option<Vec<usize>> = groups.iter().map(|group| place(select, group)).collect();
    let mut places = places?;
    places.sort_unstable();
    places.dedup();
    Some(places)
}

/// Where the projection shows what the query groups by.
fn place(select: &Select, group: &Expr) -> Option<usize> {
    let has_wildcard = select.projection.iter().any(|item| {
        !matches!(
            item,
            SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }
        )
    });
    if has_wildcard {
        return None;
    }
    if let Expr::Value(ValueWithSpan {
        value: Value::Number(number, _),
        ..
    }) = group
    {
        let at: usize = number.parse().ok()?;
        return at.checked_sub(1).filter(|at| *at < select.projection.len());
    }
    select.projection.iter().position(|item| match item {
        SelectItem::UnnamedExpr(shown) => is_same(shown, group),
        SelectItem::ExprWithAlias { expr, alias } => {
            is_same(expr, group)
                || matches!(group, Expr::Identifier(name) if ident(name) == ident(alias))
        }
        _ => false,
    })
}

/// A column may be named with its relation on one side only.
fn is_same(one: &Expr, other: &Expr) -> bool {
    match (column(one), column(other)) {
        (Some(one), Some(other)) => ident(one) == ident(other),
        _ => one == other,
    }
}

fn column(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(names) => names.last(),
        _ => None,
    }
}
