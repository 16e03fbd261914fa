//! A session's variables: SET, SHOW, and what the start packet says.

use crate::engine::Reading;
use crate::error::{SqlError, SqlResult};
use crate::time::parse_interval;
use std::collections::BTreeMap;
use std::time::Duration;

/// Name in lower case, name as it is shown, default value; the first fourteen are told to the client at the start, in this order
/// (recorded: the dbt conversations).
const KNOWN: [(&str, &str, &str); 33] = [
    ("application_name", "application_name", ""),
    ("client_encoding", "client_encoding", "UTF8"),
    ("datestyle", "DateStyle", "ISO, MDY"),
    ("integer_datetimes", "integer_datetimes", "on"),
    ("server_version", "server_version", "9.5.0"),
    (
        "standard_conforming_strings",
        "standard_conforming_strings",
        "on",
    ),
    ("timezone", "TimeZone", "UTC"),
    ("intervalstyle", "IntervalStyle", "postgres"),
    ("cluster", "cluster", "quickstart"),
    ("cluster_replica", "cluster_replica", ""),
    (
        "default_cluster_replication_factor",
        "default_cluster_replication_factor",
        "1",
    ),
    ("database", "database", "materialize"),
    ("search_path", "search_path", "public"),
    ("mz_version", "mz_version", ""),
    (
        "transaction_isolation",
        "transaction_isolation",
        "strict serializable",
    ),
    ("statement_timeout", "statement_timeout", "1 min"),
    (
        "idle_in_transaction_session_timeout",
        "idle_in_transaction_session_timeout",
        "2 min",
    ),
    (
        "auto_route_catalog_queries",
        "auto_route_catalog_queries",
        "on",
    ),
    ("welcome_message", "welcome_message", "on"),
    (
        "current_object_missing_warnings",
        "current_object_missing_warnings",
        "on",
    ),
    ("enable_rbac_checks", "enable_rbac_checks", "on"),
    (
        "enable_session_rbac_checks",
        "enable_session_rbac_checks",
        "off",
    ),
    ("emit_timestamp_notice", "emit_timestamp_notice", "off"),
    ("emit_trace_id_notice", "emit_trace_id_notice", "off"),
    (
        "emit_plan_insights_notice",
        "emit_plan_insights_notice",
        "off",
    ),
    ("client_min_messages", "client_min_messages", "notice"),
    ("extra_float_digits", "extra_float_digits", "3"),
    ("failpoints", "failpoints", "<omitted>"),
    ("real_time_recency", "real_time_recency", "off"),
    (
        "real_time_recency_timeout",
        "real_time_recency_timeout",
        "10 s",
    ),
    ("max_query_result_size", "max_query_result_size", "1GB"),
    ("server_version_num", "server_version_num", "90500"),
    ("is_superuser", "is_superuser", "off"),
];

const TOLD: usize = 14;

/// Variables that no one may set.
const FIXED: [&str; 6] = [
    "integer_datetimes",
    "server_version",
    "server_version_num",
    "mz_version",
    "is_superuser",
    "enable_rbac_checks",
];

#[derive(Debug, Clone)]
pub struct Variables {
    set: BTreeMap<&'static str, String>,
    /// What SET LOCAL changed, with what to go back to.
    local: BTreeMap<&'static str, Option<String>>,
    /// What RESET goes back to, where the start packet said so.
    start: BTreeMap<&'static str, String>,
    changed: Vec<&'static str>,
}

fn entry(name: &str) -> SqlResult<&'static (&'static str, &'static str, &'static str)> {
    let folded = name.to_lowercase();
    let folded = match folded.as_str() {
        "schema" => "search_path",
        name => name,
    };
    KNOWN
        .iter()
        .find(|(known, ..)| *known == folded)
        .ok_or_else(|| {
            SqlError::new(
                "42704",
                format!("unrecognized configuration parameter \"{name}\""),
            )
        })
}

impl Variables {
    /// Takes a setting of the start packet; what is not known is left out, as a real server does with a notice.
    pub fn start(&mut self, name: &str, value: &str) {
        if let Ok((known, ..)) = entry(name)
            && !FIXED.contains(known)
        {
            self.start.insert(known, value.to_owned());
            self.set.insert(known, value.to_owned());
        }
    }

    /// What a session of a server that says this of itself starts with.
    #[must_use]
    pub fn of(version: &str) -> Self {
        Self {
            set: BTreeMap::from([("mz_version", version.to_owned())]),
            local: BTreeMap::new(),
            start: BTreeMap::new(),
            changed: Vec::new(),
        }
    }

    /// # Errors
    /// 42704 for an unknown name, 55P02 for one that can't be changed.
    pub fn set(&mut self, name: &str, value: Option<&[String]>, local: bool) -> SqlResult<()> {
        let (known, shown, default) = *entry(name)?;
        if FIXED.contains(&known) {
            return Err(SqlError::new(
                "55P02",
                format!("parameter \"{shown}\" cannot be changed"),
            ));
        }
        if local {
            let before = self.set.get(known).cloned();
            self.local.entry(known).or_insert(before);
        }
        let value = match value {
            Some(values) => normal(known, &values.join(", "))?,
            None => self
                .start
                .get(known)
                .cloned()
                .unwrap_or_else(|| default.to_owned()),
        };
        self.set.insert(known, value);
        self.changed.push(known);
        Ok(())
    }

    /// The transaction is over: SET LOCAL with it.
    pub fn end_transaction(&mut self) {
        for (known, before) in std::mem::take(&mut self.local) {
            match before {
                Some(value) => self.set.insert(known, value),
                None => self.set.remove(known),
            };
            self.changed.push(known);
        }
    }

    /// DISCARD ALL.
    pub fn discard(&mut self) {
        let version = self.set.get("mz_version").cloned();
        self.changed.extend(self.set.keys());
        self.set = self.start.clone();
        if let Some(version) = version {
            self.set.insert("mz_version", version);
        }
    }

    /// The name as it is shown, and the value.
    ///
    /// # Errors
    /// 42704 for an unknown name.
    pub fn show(&self, name: &str) -> SqlResult<(&'static str, String)> {
        let (known, shown, default) = *entry(name)?;
        let value = self.set.get(known).map_or(default, String::as_str);
        Ok((shown, value.to_owned()))
    }

    /// A variable that is known to exist.
    #[must_use]
    pub fn get(&self, name: &str) -> String {
        self.show(name).map(|(_, value)| value).unwrap_or_default()
    }

    #[must_use]
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name).as_str(), "on" | "true" | "t" | "1")
    }

    #[must_use]
    pub fn search_path(&self) -> Vec<String> {
        let path = self.get("search_path");
        path.split(',')
            .map(|part| part.trim().trim_matches('"').to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    }

    /// `None` for no limit.
    #[must_use]
    pub fn statement_timeout(&self) -> Option<Duration> {
        let micros = parse_interval(&self.get("statement_timeout")).ok()?;
        let micros = u64::try_from(micros).ok().filter(|micros| *micros > 0)?;
        Some(Duration::from_micros(micros))
    }

    /// Which catalog the session's queries read.
    #[must_use]
    pub fn reading(&self) -> Reading {
        let isolation = self.get("transaction_isolation").to_lowercase();
        // The weaker levels of the standard are `serializable` here; `strong session serializable` sees what it did itself.
        if isolation.starts_with("strict") || isolation.starts_with("strong") {
            Reading::Newest
        } else {
            Reading::AtHand
        }
    }

    /// All of them: name as shown, value.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        KNOWN.iter().map(|(known, shown, default)| {
            let value = self.set.get(known).map_or(*default, String::as_str);
            (*shown, value.to_owned())
        })
    }

    /// What the client is told at the start.
    #[must_use]
    pub fn told(&self) -> Vec<(String, String)> {
        self.all()
            .take(TOLD)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What the client is told now.
    pub fn take_changed(&mut self) -> Vec<(String, String)> {
        let changed = std::mem::take(&mut self.changed);
        KNOWN
            .iter()
            .take(TOLD)
            .filter(|(known, ..)| changed.contains(known))
            .map(|(known, shown, _)| ((*shown).to_owned(), self.get(known)))
            .collect()
    }
}

fn normal(known: &str, value: &str) -> SqlResult<String> {
    let is_switch = KNOWN
        .iter()
        .any(|(name, _, default)| *name == known && matches!(*default, "on" | "off"));
    if is_switch {
        return match value.to_lowercase().as_str() {
            "on" | "true" | "t" | "1" | "yes" => Ok("on".to_owned()),
            "off" | "false" | "f" | "0" | "no" => Ok("off".to_owned()),
            _ => Err(SqlError::new(
                "22023",
                format!("parameter \"{known}\" requires a \"boolean\" value"),
            )),
        };
    }
    if known == "statement_timeout" {
        // A bare number counts milliseconds, as in Postgres.
        if let Ok(millis) = value.parse::<u64>() {
            return Ok(format!("{millis} ms"));
        }
        parse_interval(value)?;
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_packet_is_what_reset_goes_back_to() {
        let mut variables = Variables::of("v26.39.0");
        variables.start("cluster", "ops");
        variables
            .set("cluster", Some(&["other".to_owned()]), false)
            .unwrap();
        assert_eq!(variables.get("cluster"), "other");
        variables.set("cluster", None, false).unwrap();
        assert_eq!(variables.get("cluster"), "ops");
    }

    #[test]
    fn set_local_ends_with_the_transaction() {
        let mut variables = Variables::of("v26.39.0");
        variables
            .set("cluster", Some(&["c".to_owned()]), true)
            .unwrap();
        assert_eq!(variables.get("cluster"), "c");
        variables.end_transaction();
        assert_eq!(variables.get("cluster"), "quickstart");
    }

    #[test]
    fn unknown_and_fixed_names_are_refused() {
        let mut variables = Variables::of("v26.39.0");
        assert_eq!(variables.show("nosuch").unwrap_err().code, "42704");
        let version = Some(["1".to_owned()]);
        let refused = variables.set(
            "server_version",
            version.as_ref().map(<[_; 1]>::as_slice),
            false,
        );
        assert_eq!(refused.unwrap_err().code, "55P02");
    }

    #[test]
    fn the_client_is_told_in_the_recorded_order() {
        let told = Variables::of("v26.39.0").told();
        let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.first(), Some(&"application_name"));
        assert_eq!(names.last(), Some(&"mz_version"));
    }
}
