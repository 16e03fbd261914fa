//! Functions of one row.

use super::Planner;
use super::identifier::parts;
use super::scope::Scope;
use super::typed::{Origin, Typed, quote};
use crate::catalog::id::Id;
use crate::error::{SqlError, SqlResult};
use crate::functions::FUNCTIONS;
use crate::types::{Element, SqlType};
use sqlparser::ast::{Function, FunctionArguments};

use SqlType as T;

/// Functions that become one SQLite function with the arguments as they are: name, SQLite name, argument types, result.
const SIMPLE: &[(&str, &str, &[SqlType], SqlType)] = &[
    ("quote_ident", "sim_quote_ident", &[T::Text], T::Text),
    ("quote_literal", "sim_quote_literal", &[T::Text], T::Text),
    ("lower", "lower", &[T::Text], T::Text),
    ("upper", "upper", &[T::Text], T::Text),
    ("length", "length", &[T::Text], T::Int4),
    ("char_length", "length", &[T::Text], T::Int4),
    ("btrim", "trim", &[T::Text], T::Text),
    ("ltrim", "ltrim", &[T::Text], T::Text),
    ("rtrim", "rtrim", &[T::Text], T::Text),
    ("replace", "replace", &[T::Text, T::Text, T::Text], T::Text),
    ("substr", "substr", &[T::Text, T::Int4, T::Int4], T::Text),
    ("strpos", "instr", &[T::Text, T::Text], T::Int4),
    (
        "split_part",
        "sim_split_part",
        &[T::Text, T::Text, T::Int4],
        T::Text,
    ),
    ("left", "sim_left", &[T::Text, T::Int4], T::Text),
    ("right", "sim_right", &[T::Text, T::Int4], T::Text),
    ("md5", "sim_md5", &[T::Text], T::Text),
    (
        "starts_with",
        "sim_starts_with",
        &[T::Text, T::Text],
        T::Bool,
    ),
    (
        "format_type",
        "sim_format_type",
        &[T::Oid, T::Int4],
        T::Text,
    ),
    ("pg_get_userbyid", "sim_role_by_oid", &[T::Oid], T::Text),
    ("pg_encoding_to_char", "sim_encoding", &[T::Int4], T::Text),
    (
        "pg_cancel_backend",
        "sim_cancel_backend",
        &[T::Int4],
        T::Bool,
    ),
    (
        "to_timestamp",
        "sim_to_timestamp",
        &[T::Float8],
        T::TimestampTz,
    ),
    (
        "date_trunc",
        "sim_date_trunc",
        &[T::Text, T::TimestampTz],
        T::TimestampTz,
    ),
    (
        "date_part",
        "sim_date_part",
        &[T::Text, T::TimestampTz],
        T::Float8,
    ),
    ("sqrt", "sim_sqrt", &[T::Float8], T::Float8),
    ("ln", "sim_ln", &[T::Float8], T::Float8),
    ("exp", "sim_exp", &[T::Float8], T::Float8),
    ("power", "sim_power", &[T::Float8, T::Float8], T::Float8),
    ("pow", "sim_power", &[T::Float8, T::Float8], T::Float8),
    (
        "mz_format_privileges",
        "sim_format_privileges",
        &[T::Text],
        T::Array(Element::Text),
    ),
    ("jsonb_typeof", "sim_json_type", &[T::Jsonb], T::Text),
    (
        "jsonb_array_length",
        "json_array_length",
        &[T::Jsonb],
        T::Int4,
    ),
];

impl Planner<'_> {
    pub(super) fn function(&self, function: &Function, scope: &Scope<'_>) -> SqlResult<Typed> {
        let name = parts(&function.name)?.pop().unwrap_or_default();
        if let Some((number, _)) = FUNCTIONS.iter().find(|(_, known)| *known == name) {
            self.refer(Id::system(*number));
        }
        if name == "mz_sleep" {
            // Recorded: 08.
            return Err(SqlError::plan(
                "executing potentially dangerous functions is not supported",
            )
            .detail("The requested feature (unsafe_enable_unsafe_functions) is unsafe and is meant only for internal development and testing of Materialize."));
        }
        if let FunctionArguments::Subquery(query) = &function.args {
            if name != "array" {
                return Err(SqlError::unsupported(format!("{function}")));
            }
            let planned = self.query(query, Some(scope))?;
            let ty = planned.columns.first().map_or(T::Text, |c| c.ty);
            return Ok(Typed::new(
                format!("(SELECT json_group_array(c1) FROM ({}))", planned.sql),
                T::Array(crate::select::typed::element_of(ty)?),
            ));
        }
        if let Some(aggregate) = self.aggregate(&name, function, scope)? {
            return Ok(aggregate);
        }
        if function.filter.is_some() || function.over.is_some() {
            return Err(SqlError::unsupported(format!("{function}")));
        }
        let args = match &function.args {
            FunctionArguments::List(list) => self.arguments(&list.args, scope)?,
            _ => Vec::new(),
        };
        self.call(&name, args)?
            .ok_or_else(|| SqlError::plan(format!("function \"{name}\" does not exist")))
    }

    /// The functions that Postgres lets one write without parentheses.
    pub(super) fn bare_call(&self, name: &str) -> Option<Typed> {
        const BARE: [&str; 9] = [
            "current_user",
            "current_role",
            "session_user",
            "user",
            "current_catalog",
            "current_schema",
            "current_timestamp",
            "localtimestamp",
            "current_date",
        ];
        if !BARE.contains(&name) {
            return None;
        }
        self.call(name, Vec::new()).ok().flatten()
    }

    fn call(&self, name: &str, args: Vec<Typed>) -> SqlResult<Option<Typed>> {
        if args.is_empty()
            && let Some(typed) = self.of_session(name)
        {
            return Ok(Some(typed));
        }
        if let Some((_, sqlite, types, result)) = SIMPLE.iter().find(|entry| entry.0 == name) {
            return self.simple(sqlite, types, *result, args).map(Some);
        }
        if let Some(typed) = self.access(name, &args)? {
            return Ok(Some(typed));
        }
        self.polymorphic(name, args)
    }

    fn simple(
        &self,
        sqlite: &str,
        types: &[SqlType],
        result: SqlType,
        args: Vec<Typed>,
    ) -> SqlResult<Typed> {
        let mut list = Vec::new();
        for (arg, ty) in args.into_iter().zip(types) {
            let arg = if *ty == T::Text && !arg.is_untyped() {
                self.to_text(arg)?
            } else {
                self.coerce(arg, *ty)?
            };
            list.push(arg.sql);
        }
        Ok(Typed::new(format!("{sqlite}({})", list.join(", ")), result))
    }

    /// What depends on the session or the time only.
    fn of_session(&self, name: &str) -> Option<Typed> {
        let text = |text: &str| Typed::new(quote(text), T::Text);
        Some(match name {
            "current_user" | "current_role" | "user" => {
                text(self.catalog.role_name(self.viewer.role))
            }
            "session_user" => text(self.catalog.role_name(self.viewer.session_role)),
            "current_database" | "current_catalog" => text(&self.viewer.path.database),
            "current_schema" => self
                .viewer
                .path
                .schemas
                .first()
                .map_or_else(Typed::null, |schema| text(schema)),
            "mz_version" => text(self.viewer.variable("mz_version")?),
            "version" => text(&format!(
                "PostgreSQL 9.5 on x86_64-unknown-linux-gnu (Materialize {})",
                self.viewer
                    .variable("mz_version")?
                    .trim_start_matches('v')
                    .split(' ')
                    .next()?
            )),
            "mz_environment_id" => text("local-az1-11111111-2222-4333-8444-555555555555-0"),
            "mz_is_superuser" => Typed::new(
                u8::from(self.catalog.is_superuser(self.viewer.role)).to_string(),
                T::Bool,
            ),
            "pg_backend_pid" => Typed::new(self.viewer.connection.to_string(), T::Int4),
            "now" | "current_timestamp" | "localtimestamp" | "current_date" => {
                self.reads_clock.set(true);
                Typed::new("sim_now()", T::TimestampTz)
            }
            "mz_now" => {
                self.reads_clock.set(true);
                Typed::new("sim_mz_now()", T::MzTimestamp)
            }
            _ => return None,
        })
    }

    /// Privileges and roles.
    fn access(&self, name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
        let kind = name
            .strip_prefix("has_")
            .and_then(|name| name.strip_suffix("_privilege"));
        let role = quote(self.catalog.role_name(self.viewer.role));
        let path = quote(
            &serde_json::json!([self.viewer.path.database, self.viewer.path.schemas]).to_string(),
        );
        let sql: Vec<&str> = args.iter().map(|arg| arg.sql.as_str()).collect();
        let call = match (kind, name, sql.as_slice()) {
            (Some("system"), _, [privilege]) => {
                format!("sim_has_privilege('system', {path}, {role}, '', {privilege})")
            }
            (Some("system"), _, [role, privilege]) => {
                format!("sim_has_privilege('system', {path}, {role}, '', {privilege})")
            }
            (Some(kind), _, [object, privilege]) => format!(
                "sim_has_privilege({}, {path}, {role}, {object}, {privilege})",
                quote(kind)
            ),
            (Some(kind), _, [role, object, privilege]) => format!(
                "sim_has_privilege({}, {path}, {role}, {object}, {privilege})",
                quote(kind)
            ),
            (_, "pg_has_role", [of, _]) => format!("sim_has_role({role}, {of})"),
            (_, "pg_has_role", [member, of, _]) => format!("sim_has_role({member}, {of})"),
            (_, "pg_table_is_visible" | "pg_type_is_visible" | "pg_function_is_visible", [_]) => {
                "1".to_owned()
            }
            _ => return Ok(None),
        };
        Ok(Some(Typed::new(call, T::Bool)))
    }

    /// Functions whose result follows their arguments.
    fn polymorphic(&self, name: &str, mut args: Vec<Typed>) -> SqlResult<Option<Typed>> {
        Ok(Some(match name {
            "coalesce" => {
                let args = self.unify(args, "COALESCE")?;
                let ty = args.first().map_or(T::Text, |arg| arg.ty);
                match args.as_slice() {
                    [single] => single.clone(),
                    args => Typed::new(format!("coalesce({})", join(args)), ty),
                }
            }
            "greatest" | "least" => {
                let args = self.unify(args, name)?;
                let ty = args.first().map_or(T::Text, |arg| arg.ty);
                Typed::new(format!("sim_{name}({})", join(&args)), ty)
            }
            "nullif" => {
                let (Some(right), Some(left)) = (args.pop(), args.pop()) else {
                    return Ok(None);
                };
                let (left, right) = self.comparable(left, right)?;
                Typed::new(format!("nullif({}, {})", left.sql, right.sql), left.ty)
            }
            "abs" | "round" => {
                let Some(first) = args.first() else {
                    return Ok(None);
                };
                Typed::new(format!("{name}({})", join(&args)), first.ty)
            }
            "ceil" | "ceiling" | "floor" => {
                let Some(first) = args.first() else {
                    return Ok(None);
                };
                let whole = name.trim_end_matches("ing");
                Typed::new(format!("sim_{whole}({})", join(&args)), first.ty)
            }
            "pg_typeof" => {
                let Some(first) = args.first() else {
                    return Ok(None);
                };
                Typed::new(quote(first.ty.long_name()), T::Text)
            }
            "mod" => {
                let Some(first) = args.first() else {
                    return Ok(None);
                };
                Typed::new(format!("sim_remainder({})", join(&args)), first.ty)
            }
            "concat" | "concat_ws" => {
                let mut texts = Vec::new();
                for arg in args {
                    texts.push(self.to_text(arg)?.sql);
                }
                Typed::new(format!("{name}({})", texts.join(", ")), T::Text)
            }
            "array_to_string" => {
                let array = args.first().map_or(T::Text, |arg| arg.ty);
                if !array.is_array() {
                    return Err(SqlError::plan("array_to_string() needs an array"));
                }
                Typed::new(format!("sim_array_to_string({})", join(&args)), T::Text)
            }
            "array_length" | "list_length" | "cardinality" => {
                let Some(array) = args.first() else {
                    return Ok(None);
                };
                Typed::new(
                    format!("nullif(json_array_length({}), 0)", array.sql),
                    T::Int8,
                )
            }
            "current_setting" => self.current_setting(&args)?,
            "current_schemas" => {
                let json = serde_json::json!(self.viewer.path.schemas).to_string();
                Typed::new(quote(&json), T::Array(Element::Text))
            }
            // No column default, no comment in Postgres's own tables: what a real server answers for our objects.
            "pg_get_expr"
            | "obj_description"
            | "col_description"
            | "pg_get_indexdef"
            | "pg_get_constraintdef"
            | "shobj_description" => Typed::new("NULL", T::Text),
            "jsonb_build_object" => {
                let mut fields = Vec::new();
                for arg in args {
                    fields.push(match arg.ty {
                        T::Jsonb if !arg.is_untyped() => format!("json({})", arg.sql),
                        _ => arg.sql,
                    });
                }
                Typed::new(format!("json_object({})", fields.join(", ")), T::Jsonb)
            }
            _ => return Ok(None),
        }))
    }

    fn current_setting(&self, args: &[Typed]) -> SqlResult<Typed> {
        let name = match args.first().map(|arg| &arg.origin) {
            Some(Origin::Text(name)) => name.to_lowercase(),
            _ => return Err(SqlError::unsupported("current_setting of a computed name")),
        };
        let found = self.viewer.variable(&name);
        match found {
            Some(value) => Ok(Typed::new(quote(value), T::Text)),
            None if args.len() > 1 => Ok(Typed::null()),
            None => Err(SqlError::plan(format!(
                "unrecognized configuration parameter \"{name}\""
            ))),
        }
    }
}

fn join(args: &[Typed]) -> String {
    let list: Vec<&str> = args.iter().map(|arg| arg.sql.as_str()).collect();
    list.join(", ")
}
