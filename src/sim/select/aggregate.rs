//! Aggregates and window functions.

use super::Planner;
use super::scope::Scope;
use super::typed::Typed;
use crate::error::{SqlError, SqlResult};
use crate::types::SqlType;
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, OrderByExpr, OrderBySort, WindowType,
};

const AGGREGATES: [&str; 14] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "bool_and",
    "bool_or",
    "string_agg",
    "array_agg",
    "list_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "stddev",
    "variance",
];

const WINDOW_ONLY: [&str; 7] = [
    "row_number",
    "rank",
    "dense_rank",
    "lag",
    "lead",
    "first_value",
    "last_value",
];

impl Planner<'_> {
    /// Plans an aggregate or a window function, or gives `None` for any other.
    pub(super) fn aggregate(
        &self,
        name: &str,
        function: &Function,
        scope: &Scope<'_>,
    ) -> SqlResult<Option<Typed>> {
        let windowed = WINDOW_ONLY.contains(&name);
        if !windowed && !AGGREGATES.contains(&name) {
            return Ok(None);
        }
        let FunctionArguments::List(list) = &function.args else {
            return Err(SqlError::unsupported(format!("{function}")));
        };
        let star = matches!(
            list.args.as_slice(),
            [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]
        );
        let mut args = if star {
            Vec::new()
        } else {
            self.aggregated(function, || self.arguments(&list.args, scope))?
        };
        let order = self.aggregated(function, || {
            self.order_in_call(&list.clauses, function, scope)
        })?;
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let distinct = if distinct { "DISTINCT " } else { "" };
        let first = args.first().map_or(SqlType::Text, |arg| arg.ty);
        for arg in &mut args {
            if arg.is_untyped() {
                *arg = self.coerce(arg.clone(), SqlType::Text)?;
            }
        }
        if name == "string_agg" && !distinct.is_empty() && args.len() > 1 {
            return Err(SqlError::unsupported("string_agg(DISTINCT ..)"));
        }
        let list: Vec<String> = args.into_iter().map(|arg| arg.sql).collect();
        let list = if star {
            "*".to_owned()
        } else {
            list.join(", ")
        };
        let (sqlite, ty) = shape(name, first)?;
        let mut sql = format!("{sqlite}({distinct}{list}{order})");
        if let Some(filter) = &function.filter {
            let filter = self.aggregated(function, || self.condition(filter, scope))?;
            sql.push_str(&format!(" FILTER (WHERE {filter})"));
        }
        if let Some(over) = &function.over {
            sql.push_str(&self.window(over, scope)?);
        } else if windowed {
            return Err(SqlError::plan(format!(
                "window function {name} requires an OVER clause"
            )));
        }
        Ok(Some(Typed::new(sql, ty)))
    }

    /// Over a window it is no aggregate of the query.
    fn aggregated<T>(&self, function: &Function, plan: impl FnOnce() -> T) -> T {
        if function.over.is_some() {
            plan()
        } else {
            self.inside_aggregate(plan)
        }
    }

    fn order_in_call(
        &self,
        clauses: &[FunctionArgumentClause],
        function: &Function,
        scope: &Scope<'_>,
    ) -> SqlResult<String> {
        match clauses {
            [] => Ok(String::new()),
            [FunctionArgumentClause::OrderBy(keys)] => Ok(format!(" {}", self.keys(keys, scope)?)),
            _ => Err(SqlError::unsupported(format!("{function}"))),
        }
    }

    fn keys(&self, keys: &[OrderByExpr], scope: &Scope<'_>) -> SqlResult<String> {
        let keys = keys
            .iter()
            .map(|key| {
                let typed = self.expression(&key.expr, scope)?;
                let descending = matches!(key.options.sort, Some(OrderBySort::Desc));
                let word = if descending { "DESC" } else { "ASC" };
                Ok(format!("{} {word}", typed.sql))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        Ok(format!("ORDER BY {}", keys.join(", ")))
    }

    fn window(&self, over: &WindowType, scope: &Scope<'_>) -> SqlResult<String> {
        let WindowType::WindowSpec(spec) = over else {
            return Err(SqlError::unsupported("named windows"));
        };
        if spec.window_frame.is_some() || spec.window_name.is_some() {
            return Err(SqlError::unsupported(format!("the window {spec}")));
        }
        let mut sql = Vec::new();
        if !spec.partition_by.is_empty() {
            let parts = spec
                .partition_by
                .iter()
                .map(|part: &Expr| Ok(self.expression(part, scope)?.sql))
                .collect::<SqlResult<Vec<_>>>()?;
            sql.push(format!("PARTITION BY {}", parts.join(", ")));
        }
        if !spec.order_by.is_empty() {
            sql.push(self.keys(&spec.order_by, scope)?);
        }
        Ok(format!(" OVER ({})", sql.join(" ")))
    }
}

/// SQLite's name for it, and the type of its result.
fn shape(name: &str, of: SqlType) -> SqlResult<(&str, SqlType)> {
    use SqlType as T;
    Ok(match name {
        "count" => ("count", T::Int8),
        "row_number" | "rank" | "dense_rank" => (name, T::Int8),
        "min" | "max" | "lag" | "lead" | "first_value" | "last_value" => (name, of),
        "bool_and" => ("min", T::Bool),
        "bool_or" => ("max", T::Bool),
        "string_agg" => ("group_concat", T::Text),
        "array_agg" => (
            "json_group_array",
            T::Array(crate::select::typed::element_of(of)?),
        ),
        "list_agg" => (
            "json_group_array",
            T::List(crate::select::typed::element_of(of)?),
        ),
        "jsonb_agg" => ("json_group_array", T::Jsonb),
        "jsonb_object_agg" => ("json_group_object", T::Jsonb),
        "sum" => (
            "sum",
            match of {
                T::Int2 | T::Int4 => T::Int8,
                T::Uint2 | T::Uint4 => T::Uint8,
                T::Float4 => T::Float4,
                T::Float8 => T::Float8,
                T::Interval => T::Interval,
                ty if ty.is_number() => T::Numeric,
                ty => {
                    return Err(SqlError::plan(format!(
                        "function sum({}) does not exist",
                        ty.long_name()
                    )));
                }
            },
        ),
        "avg" => (
            "avg",
            match of {
                T::Float4 | T::Float8 => T::Float8,
                T::Interval => T::Interval,
                _ => T::Numeric,
            },
        ),
        name => return Err(SqlError::unsupported(format!("the aggregate {name}"))),
    })
}
