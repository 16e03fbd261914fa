//! The functions that planned queries call inside SQLite. Their names start with `sim_`, so no query can reach them.

use crate::sim::catalog::Catalog;
use crate::sim::catalog::acl::{Privileges, read_item};
use crate::sim::catalog::id::{Id, Space};
use crate::sim::catalog::names::Path;
use crate::sim::error::SqlError;
use crate::sim::select::typed::{constant, read_bool};
use crate::sim::text::{elements, show};
use crate::sim::types::SqlType;
use crate::sim::value::Value;
use regex::Regex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value as Sqlite, ValueRef};
use rusqlite::{Connection, Error, Result};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What functions read beside their arguments.
#[derive(Debug)]
pub struct Facts {
    /// Logical time, milliseconds.
    now: AtomicU64,
    catalog: Mutex<Arc<Catalog>>,
    /// Connections that a query asked to cancel; the caller carries it out.
    cancelled: Mutex<BTreeSet<u32>>,
    /// Connections that can be cancelled.
    live: Mutex<BTreeSet<u32>>,
}

impl Facts {
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, now: u64) -> Self {
        Self {
            now: AtomicU64::new(now),
            catalog: Mutex::new(catalog),
            cancelled: Mutex::default(),
            live: Mutex::default(),
        }
    }

    pub fn set_now(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    #[must_use]
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn set_catalog(&self, catalog: Arc<Catalog>) {
        *lock(&self.catalog) = catalog;
    }

    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        lock(&self.catalog).clone()
    }

    pub fn set_live(&self, connections: BTreeSet<u32>) {
        *lock(&self.live) = connections;
    }

    /// Hands over the connections that queries asked to cancel.
    pub fn take_cancelled(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *lock(&self.cancelled))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Args<'a> = &'a Context<'a>;

/// # Errors
/// When SQLite refuses a registration.
pub fn register(sqlite: &Connection, facts: &Arc<Facts>) -> Result<()> {
    register_texts(sqlite)?;
    register_numbers(sqlite)?;
    register_json(sqlite)?;
    register_facts(sqlite, facts)?;
    super::digest::register(sqlite)
}

fn pure<T>(
    sqlite: &Connection,
    name: &str,
    arity: i32,
    function: impl Fn(Args<'_>) -> Result<T> + Send + 'static,
) -> Result<()>
where
    T: rusqlite::ToSql,
{
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    sqlite.create_scalar_function(name, arity, flags, move |context| {
        // Strict, as nearly all functions of Postgres are.
        if (0..context.len()).any(|at| context.get_raw(at) == ValueRef::Null) {
            return Ok(ToSqlOutput::Owned(Sqlite::Null));
        }
        let result = function(context)?;
        match result.to_sql()? {
            ToSqlOutput::Owned(value) => Ok(ToSqlOutput::Owned(value)),
            ToSqlOutput::Borrowed(value) => Ok(ToSqlOutput::Owned(owned(value))),
            _ => Ok(ToSqlOutput::Owned(Sqlite::Null)),
        }
    })
}

fn owned(field: ValueRef<'_>) -> Sqlite {
    Sqlite::try_from(field).unwrap_or(Sqlite::Null)
}

fn refuse(error: SqlError) -> Error {
    Error::UserFunctionError(error.message.into())
}

fn text(context: Args<'_>, at: usize) -> Result<String> {
    Ok(match context.get_raw(at) {
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        _ => String::new(),
    })
}

fn number(context: Args<'_>, at: usize) -> f64 {
    match context.get_raw(at) {
        #[allow(clippy::cast_precision_loss, reason = "the operation is one on floats")]
        ValueRef::Integer(number) => number as f64,
        ValueRef::Real(number) => number,
        ValueRef::Text(text) => String::from_utf8_lossy(text).parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}

fn register_texts(sqlite: &Connection) -> Result<()> {
    pure(sqlite, "sim_like", 2, |c| like(&text(c, 0)?, &text(c, 1)?))?;
    pure(sqlite, "sim_ilike", 2, |c| {
        like(&text(c, 0)?.to_lowercase(), &text(c, 1)?.to_lowercase())
    })?;
    pure(sqlite, "sim_regex", 2, |c| {
        matches(&text(c, 0)?, &text(c, 1)?)
    })?;
    pure(sqlite, "sim_iregex", 2, |c| {
        matches(&text(c, 0)?, &format!("(?i){}", text(c, 1)?))
    })?;
    pure(sqlite, "sim_quote_ident", 1, |c| {
        Ok(crate::sim::catalog::script::quote_if_needed(&text(c, 0)?))
    })?;
    pure(sqlite, "sim_quote_literal", 1, |c| {
        Ok(crate::domain::name::literal(&text(c, 0)?))
    })?;
    pure(sqlite, "sim_starts_with", 2, |c| {
        Ok(text(c, 0)?.starts_with(&text(c, 1)?))
    })?;
    pure(sqlite, "sim_split_part", 3, |c| {
        let (whole, by) = (text(c, 0)?, text(c, 1)?);
        let at = usize::try_from(c.get::<i64>(2)?).unwrap_or(0);
        let part = whole.split(by.as_str()).nth(at.saturating_sub(1));
        Ok(part.unwrap_or_default().to_owned())
    })?;
    pure(sqlite, "sim_left", 2, |c| {
        let count = usize::try_from(c.get::<i64>(1)?).unwrap_or(0);
        Ok(text(c, 0)?.chars().take(count).collect::<String>())
    })?;
    pure(sqlite, "sim_right", 2, |c| {
        let whole: Vec<char> = text(c, 0)?.chars().collect();
        let count = usize::try_from(c.get::<i64>(1)?).unwrap_or(0);
        let from = whole.len().saturating_sub(count);
        Ok(whole.into_iter().skip(from).collect::<String>())
    })?;
    pure(sqlite, "sim_encoding", 1, |c| {
        Ok(if c.get::<i64>(0)? == 6 { "UTF8" } else { "" })
    })?;
    pure(sqlite, "sim_record", -1, |c| {
        let fields = (0..c.len()).map(|at| text(c, at));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        Ok(format!("({})", fields.join(",")))
    })?;
    pure(sqlite, "sim_text", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Text);
        Ok(as_text(c.get_raw(1), ty))
    })?;
    pure(sqlite, "sim_parse", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Text);
        parse(&text(c, 1)?, ty)
    })?;
    pure(sqlite, "sim_reg_text", 1, |c| {
        let oid = text(c, 0)?;
        let ty = oid.parse().ok().and_then(SqlType::by_oid);
        Ok(ty.map_or(oid, |ty| ty.long_name().to_owned()))
    })?;
    pure(sqlite, "sim_format_type", 2, |c| {
        let oid = u32::try_from(c.get::<i64>(0)?).unwrap_or(0);
        Ok(SqlType::by_oid(oid).map_or("???", SqlType::long_name))
    })
}

/// LIKE with Postgres's rules: case counts, backslash escapes.
fn like(value: &str, pattern: &str) -> Result<bool> {
    let mut regex = String::from("(?s)^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                regex.push_str(&regex::escape(&escaped.to_string()));
            }
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    matches(value, &regex)
}

fn matches(value: &str, pattern: &str) -> Result<bool> {
    thread_local! {
        static LAST: std::cell::RefCell<std::collections::HashMap<String, Regex>> =
            std::cell::RefCell::default();
    }
    LAST.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.is_match(value));
        }
        let regex = Regex::new(pattern).map_err(|_| {
            refuse(SqlError::plan(format!(
                "invalid regular expression: {pattern}"
            )))
        })?;
        let matched = regex.is_match(value);
        known.insert(pattern.to_owned(), regex);
        Ok(matched)
    })
}

/// As `::text` shows it: booleans are spelled out.
fn as_text(field: ValueRef<'_>, ty: SqlType) -> String {
    let value = match field {
        ValueRef::Integer(flag) if ty == SqlType::Bool => {
            return if flag == 0 { "false" } else { "true" }.to_owned();
        }
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Float(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Value::Null,
    };
    show(&value, ty).unwrap_or_default()
}

fn parse(text: &str, ty: SqlType) -> Result<Sqlite> {
    let constant = constant(text, ty).map_err(refuse)?;
    Ok(match ty {
        SqlType::Bool => Sqlite::Integer(i64::from(read_bool(text.trim()).unwrap_or(0))),
        SqlType::Float4 | SqlType::Float8 => Sqlite::Real(constant.parse().unwrap_or(0.0)),
        SqlType::Numeric => match constant.parse() {
            Ok(whole) => Sqlite::Integer(whole),
            Err(_) => Sqlite::Real(constant.parse().unwrap_or(0.0)),
        },
        _ => match constant.parse() {
            Ok(number) if !constant.starts_with('\'') => Sqlite::Integer(number),
            _ => Sqlite::Text(
                constant
                    .trim_start_matches('\'')
                    .trim_end_matches('\'')
                    .replace("''", "'"),
            ),
        },
    })
}

fn register_numbers(sqlite: &Connection) -> Result<()> {
    let zero = || refuse(SqlError::plan("division by zero"));
    pure(sqlite, "sim_quotient", 2, move |c| {
        let (a, b) = (c.get::<i64>(0)?, c.get::<i64>(1)?);
        a.checked_div(b).ok_or_else(zero)
    })?;
    pure(sqlite, "sim_divide", 2, move |c| {
        let (a, b) = (number(c, 0), number(c, 1));
        if b == 0.0 { Err(zero()) } else { Ok(a / b) }
    })?;
    pure(sqlite, "sim_remainder", 2, move |c| {
        match (c.get_raw(0), c.get_raw(1)) {
            (ValueRef::Integer(a), ValueRef::Integer(b)) => {
                a.checked_rem(b).map(Sqlite::Integer).ok_or_else(zero)
            }
            _ => Ok(Sqlite::Real(number(c, 0) % number(c, 1))),
        }
    })?;
    pure(sqlite, "sim_integer", 2, |c| {
        let ty = SqlType::by_name(&text(c, 0)?).unwrap_or(SqlType::Int8);
        integer(c.get_raw(1), ty)
    })?;
    pure(sqlite, "sim_to_timestamp", 1, |c| {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "microseconds of any sane instant fit"
        )]
        let micros = (number(c, 0) * 1e6).round() as i64;
        Ok(micros)
    })?;
    pure(sqlite, "sim_date_trunc", 2, |c| {
        let micros = c.get::<i64>(1)?;
        let unit = match text(c, 0)?.as_str() {
            "second" => 1_000_000,
            "minute" => 60_000_000,
            "hour" => 3_600_000_000,
            "day" => 86_400_000_000_i64,
            other => {
                return Err(refuse(SqlError::unsupported(format!(
                    "date_trunc({other})"
                ))));
            }
        };
        Ok(micros - micros.rem_euclid(unit))
    })?;
    pure(sqlite, "sim_date_part", 2, |c| {
        let shown = crate::sim::time::show_timestamp(c.get::<i64>(1)?);
        let field = text(c, 0)?;
        let range = match field.as_str() {
            "year" => 0..4,
            "month" => 5..7,
            "day" => 8..10,
            "hour" => 11..13,
            "minute" => 14..16,
            "second" => 17..shown.len(),
            _ => return Err(refuse(SqlError::unsupported(format!("extract({field})")))),
        };
        Ok(shown.get(range).and_then(|part| part.parse::<f64>().ok()))
    })?;
    pure(sqlite, "sim_greatest", -1, |c| Ok(extreme(c, true)))?;
    pure(sqlite, "sim_least", -1, |c| Ok(extreme(c, false)))
}

fn extreme(context: Args<'_>, greatest: bool) -> Sqlite {
    let fields = (0..context.len()).map(|at| context.get_raw(at));
    let texts = fields.clone().all(|f| matches!(f, ValueRef::Text(_)));
    let best = fields.enumerate().reduce(|a, b| {
        let larger = if texts {
            text(context, b.0).ok() > text(context, a.0).ok()
        } else {
            number(context, b.0) > number(context, a.0)
        };
        if larger == greatest { b } else { a }
    });
    best.map_or(Sqlite::Null, |(_, field)| owned(field))
}

fn integer(field: ValueRef<'_>, ty: SqlType) -> Result<i64> {
    let out_of_range = |shown: String| {
        refuse(SqlError::plan(format!(
            "\"{shown}\" {} out of range",
            ty.long_name()
        )))
    };
    let (low, high) = match ty {
        SqlType::Int2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        SqlType::Int4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        SqlType::Uint2 => (0, i64::from(u16::MAX)),
        SqlType::Uint4 | SqlType::Oid => (0, i64::from(u32::MAX)),
        SqlType::Uint8 => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    };
    let number = match field {
        ValueRef::Integer(number) => number,
        ValueRef::Real(number) => {
            if number.abs() >= 9.2e18 {
                return Err(out_of_range(format!("{number}")));
            }
            #[allow(clippy::cast_possible_truncation, reason = "checked above")]
            let whole = number.round() as i64;
            whole
        }
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text).into_owned();
            text.parse().map_err(|_| out_of_range(text))?
        }
        _ => 0,
    };
    if (low..=high).contains(&number) {
        Ok(number)
    } else {
        Err(out_of_range(number.to_string()))
    }
}

fn register_json(sqlite: &Connection) -> Result<()> {
    pure(sqlite, "sim_array_to_string", -1, |c| {
        let by = text(c, 1)?;
        let null = (c.len() > 2).then(|| text(c, 2)).transpose()?;
        let parts: Vec<String> = elements(&text(c, 0)?)
            .into_iter()
            .filter_map(|element| element.or_else(|| null.clone()))
            .collect();
        Ok(parts.join(&by))
    })?;
    pure(sqlite, "sim_json_field", 2, |c| {
        Ok(field(c)?.map(|value| value.to_string()))
    })?;
    pure(sqlite, "sim_json_text", 2, |c| {
        Ok(field(c)?.and_then(|value| match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }))
    })?;
    pure(sqlite, "sim_json_scalar", 1, |c| {
        Ok(text(c, 0)?.trim_matches('"').to_owned())
    })?;
    pure(sqlite, "sim_json_type", 1, |c| {
        let value: serde_json::Value = serde_json::from_str(&text(c, 0)?).unwrap_or_default();
        Ok(match value {
            serde_json::Value::Null => "null",
            serde_json::Value::Bool(_) => "boolean",
            serde_json::Value::Number(_) => "number",
            serde_json::Value::String(_) => "string",
            serde_json::Value::Array(_) => "array",
            serde_json::Value::Object(_) => "object",
        })
    })?;
    pure(sqlite, "sim_series", 3, |c| {
        let (start, stop, step) = (c.get::<i64>(0)?, c.get::<i64>(1)?, c.get::<i64>(2)?);
        if step == 0 {
            return Err(refuse(SqlError::plan("step size cannot equal zero")));
        }
        let mut all = Vec::new();
        let mut at = start;
        while (step > 0 && at <= stop) || (step < 0 && at >= stop) {
            all.push(at);
            at += step;
        }
        Ok(json!(all).to_string())
    })?;
    pure(sqlite, "sim_format_privileges", 1, |c| {
        let names: Vec<&str> = Privileges::from_letters(&text(c, 0)?).names().collect();
        Ok(json!(names).to_string())
    })?;
    pure(sqlite, "sim_aclexplode", 1, |c| {
        let mut rows = Vec::new();
        for item in elements(&text(c, 0)?).into_iter().flatten() {
            if let Some((grantor, grantee, privileges)) = read_item(&item) {
                for name in privileges.names() {
                    rows.push(json!([grantor, grantee, name, 0]));
                }
            }
        }
        Ok(json!(rows).to_string())
    })
}

fn field(context: Args<'_>) -> Result<Option<serde_json::Value>> {
    let value: serde_json::Value = serde_json::from_str(&text(context, 0)?).unwrap_or_default();
    Ok(match context.get_raw(1) {
        ValueRef::Integer(at) => usize::try_from(at)
            .ok()
            .and_then(|at| value.get(at).cloned()),
        _ => value.get(text(context, 1)?).cloned(),
    })
}

fn register_facts(sqlite: &Connection, facts: &Arc<Facts>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_mz_now", 0, flags, move |_| {
        Ok(i64::try_from(of.now()).unwrap_or(i64::MAX))
    })?;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_now", 0, flags, move |_| {
        Ok(i64::try_from(of.now()).unwrap_or(i64::MAX / 1000) * 1000)
    })?;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_cancel_backend", 1, flags, move |c| {
        let connection = u32::try_from(c.get::<i64>(0)?).unwrap_or(0);
        let live = lock(&of.live).contains(&connection);
        if live {
            lock(&of.cancelled).insert(connection);
        }
        Ok(live)
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_role_by_oid", 1, move |c| {
        let oid = c.get::<i64>(0)?;
        let catalog = of.catalog();
        let mut roles = catalog.roles.values();
        let role = roles.find(|role| i64::from(role.oid) == oid);
        Ok(role.map_or_else(|| format!("unknown (OID={oid})"), |role| role.name.clone()))
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_has_role", 2, move |c| {
        let catalog = of.catalog();
        let member = catalog.role(&text(c, 0)?).map_err(refuse)?;
        let role = catalog.role(&text(c, 1)?).map_err(refuse)?;
        Ok(catalog.is_superuser(member) || catalog.roles_of(member).contains(&role))
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_has_privilege", 5, move |c| {
        let request = Request {
            kind: text(c, 0)?,
            path: text(c, 1)?,
            role: text(c, 2)?,
            object: text(c, 3)?,
            privilege: text(c, 4)?,
        };
        request.answer(&of.catalog()).map_err(refuse)
    })
}

/// `has_<kind>_privilege(role, object, privilege)`.
struct Request {
    kind: String,
    /// JSON: the current database, the search path.
    path: String,
    role: String,
    object: String,
    privilege: String,
}

impl Request {
    fn answer(&self, catalog: &Catalog) -> Result<bool, SqlError> {
        let role = catalog.role(&self.role)?;
        let mut wanted = Privileges::NONE;
        for name in self.privilege.split(',') {
            let privilege = Privileges::by_name(name.trim())
                .ok_or_else(|| SqlError::plan(format!("unrecognized privilege type: {name:?}")))?;
            wanted = wanted.and(privilege);
        }
        let (database, schemas): (String, Vec<String>) =
            serde_json::from_str(&self.path).unwrap_or_default();
        let path = Path {
            database,
            schemas,
            temporary: Id {
                space: Space::Transient,
                number: 0,
            },
        };
        let name: Vec<String> = self.object.split('.').map(str::to_owned).collect();
        let answer = match self.kind.as_str() {
            "system" => catalog.require_on_system(role, wanted),
            "database" => {
                catalog.require_on_database(role, catalog.database(&self.object)?, wanted)
            }
            "schema" => catalog.require_on_schema(role, catalog.schema(&path, &name)?, wanted),
            "cluster" => catalog.require_on_cluster(role, catalog.cluster(&self.object)?.0, wanted),
            "table" | "connection" | "secret" | "type" => {
                catalog.require_on_item(role, catalog.resolve(&path, &name)?, wanted)
            }
            kind => return Err(SqlError::unsupported(format!("has_{kind}_privilege"))),
        };
        Ok(answer.is_ok())
    }
}
