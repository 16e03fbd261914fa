//! The statement that an item could be made with: `create_sql`, `definition` and SHOW CREATE.

use super::id::Id;
use super::item::{Body, Item, PROGRESS, Refresh, Retain, SUBSOURCE, ViewOptions};
use super::script::{Piece, Script, Style, literal, quote, quote_if_needed};
use super::{Catalog, Cluster, Managed};
use crate::time::{show_interval, show_timestamptz};
use crate::version::{Change, ServerVersion};
use std::time::Duration;

impl Script {
    #[must_use]
    pub fn write(&self, catalog: &Catalog, style: Style) -> String {
        let mut sql = String::new();
        for piece in &self.0 {
            match (piece, style) {
                (Piece::Text(text), _) => sql.push_str(text),
                (Piece::Name(name), Style::Catalog) => sql.push_str(&quote(name)),
                (Piece::Name(name), Style::Show) => sql.push_str(&quote_if_needed(name)),
                (Piece::Item(id), Style::Catalog) => {
                    sql.push_str(&format!("[{id} AS {}]", catalog.quoted_name(*id)));
                }
                (Piece::Item(id), Style::Show) => sql.push_str(&catalog.shown_name(*id)),
                (Piece::Cluster(id), Style::Catalog) => sql.push_str(&format!("[{id}]")),
                (Piece::Cluster(id), Style::Show) => {
                    let name = catalog.clusters.get(id).map_or("", |c| c.name.as_str());
                    sql.push_str(&quote_if_needed(name));
                }
                (Piece::Break(_), Style::Catalog) => sql.push(' '),
                (Piece::Break(indent), Style::Show) => sql.push_str(indent),
            }
        }
        sql
    }
}

impl Catalog {
    /// `create_sql`, or SHOW CREATE without its semicolon; `None` for system items and secrets.
    #[must_use]
    pub fn create_sql(&self, item: &Item, style: Style) -> Option<String> {
        let mut script = Script::default();
        let temporary = if item.temporary { "TEMPORARY " } else { "" };
        match &item.body {
            Body::View { definition, names } => {
                script.text(format!("CREATE {temporary}VIEW "));
                self.own_name(&mut script, item, style);
                write_names(&mut script, " ", names);
                script.text(" AS ");
                script.append(&definition.script);
            }
            Body::MaterializedView {
                definition,
                names,
                cluster,
                options,
            } => {
                let replaced = self.replacements.get(&item.id);
                script.text(match replaced {
                    Some(_) => "CREATE REPLACEMENT MATERIALIZED VIEW ",
                    None => "CREATE MATERIALIZED VIEW ",
                });
                self.own_name(&mut script, item, style);
                if let Some(replaced) = replaced {
                    script.push(Piece::Break("\n    "));
                    script.text("FOR ");
                    script.push(Piece::Item(*replaced));
                }
                write_names(&mut script, " ", names);
                script.push(Piece::Break("\n    "));
                script.text("IN CLUSTER ");
                script.push(Piece::Cluster(*cluster));
                script.push(Piece::Break("\n    "));
                script.text("WITH (");
                write_view_options(&mut script, options);
                script.text(")");
                script.push(Piece::Break("\n    "));
                script.text("AS ");
                script.append(&definition.script);
            }
            Body::Index {
                on,
                cluster,
                keys,
                retain,
            } => {
                script.text("CREATE INDEX ");
                script.name(item.name.clone());
                script.text(" IN CLUSTER ");
                script.push(Piece::Cluster(*cluster));
                script.text(" ON ");
                script.push(Piece::Item(*on));
                script.text(" (");
                for (at, key) in keys.iter().enumerate() {
                    if at > 0 {
                        script.text(", ");
                    }
                    script.append(&key.script);
                }
                script.text(")");
                write_retain(&mut script, retain.as_ref());
            }
            Body::Table {
                script: Some(rest),
                source,
                retain,
            } => {
                script.text(format!("CREATE {temporary}TABLE"));
                script.push(if source.is_some() {
                    Piece::Break("\n    ")
                } else {
                    Piece::Text(" ".to_owned())
                });
                self.own_name(&mut script, item, style);
                script.append(rest);
                write_retain(&mut script, retain.as_ref());
            }
            Body::Source {
                script: Some(rest),
                kind: SUBSOURCE | PROGRESS,
                ..
            } => {
                script.text("CREATE SUBSOURCE ");
                self.own_name(&mut script, item, style);
                script.append(rest);
            }
            Body::Source {
                script: Some(rest),
                cluster,
                ..
            } => {
                script.text("CREATE SOURCE ");
                self.own_name(&mut script, item, style);
                if let Some(cluster) = cluster {
                    script.push(Piece::Break("\n"));
                    script.text("IN CLUSTER ");
                    script.push(Piece::Cluster(*cluster));
                }
                script.append(rest);
            }
            Body::Sink {
                script: rest,
                cluster,
                from,
                version,
                ..
            } => {
                script.text("CREATE SINK ");
                self.own_name(&mut script, item, style);
                script.push(Piece::Break("\n"));
                script.text("IN CLUSTER ");
                script.push(Piece::Cluster(*cluster));
                script.push(Piece::Break("\n"));
                script.text("FROM ");
                script.push(Piece::Item(*from));
                script.append(rest);
                if *version > 0 {
                    script.push(Piece::Break("\n"));
                    script.text(format!("WITH (VERSION = {version})"));
                }
            }
            Body::Connection { script: rest, .. } => {
                script.text("CREATE CONNECTION ");
                self.own_name(&mut script, item, style);
                script.append(rest);
            }
            Body::Type(Some(made)) => {
                script.text("CREATE TYPE ");
                self.own_name_of_type(&mut script, item, &made.made_as, style);
                script.append(&made.script);
            }
            _ => return None,
        }
        Some(script.write(self, style))
    }

    fn own_name(&self, script: &mut Script, item: &Item, style: Style) {
        script.text(match style {
            Style::Catalog => self.quoted_name(item.id),
            Style::Show => self.shown_name(item.id),
        });
    }

    /// Before 26.33 a schema that is renamed or swapped leaves its types with the name that they were made under (recorded: v26.24/18), since
    /// then they follow (recorded: v26.39/18).
    fn own_name_of_type(&self, script: &mut Script, item: &Item, made_as: &[String], style: Style) {
        if self.version.has(Change::TypesFollowSchemas) {
            return self.own_name(script, item, style);
        }
        let quoting = match style {
            Style::Catalog => quote,
            Style::Show => quote_if_needed,
        };
        let parts: Vec<String> = made_as.iter().map(|part| quoting(part)).collect();
        script.text(parts.join("."));
    }

    /// The `definition` of a view: its query, with a semicolon (recorded: 02).
    #[must_use]
    pub fn definition(&self, item: &Item) -> String {
        item.definition().map_or_else(String::new, |definition| {
            format!("{};", definition.script.write(self, Style::Catalog))
        })
    }

    /// SHOW CREATE CLUSTER; `None` for an unmanaged one (recorded: 02, 09).
    #[must_use]
    pub fn create_cluster_sql(&self, id: Id) -> Option<String> {
        let Cluster { name, managed, .. } = self.clusters.get(&id)?;
        let managed = managed.as_ref()?;
        Some(format!(
            "CREATE CLUSTER {} ({}){}",
            quote(name),
            cluster_options(managed, self.version),
            features(&managed.features)
        ))
    }
}

/// Names in parentheses; nothing where there are none.
fn write_names(script: &mut Script, before: &str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    script.text(format!("{before}("));
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            script.text(", ");
        }
        script.name(name.clone());
    }
    script.text(")");
}

fn write_retain(script: &mut Script, retain: Option<&Retain>) {
    if let Some(Retain { text, .. }) = retain {
        script.text(format!(" WITH (RETAIN HISTORY = FOR {})", literal(text)));
    }
}

fn write_view_options(script: &mut Script, options: &ViewOptions) {
    for column in &options.assert_not_null {
        script.text("ASSERT NOT NULL = ");
        script.name(column.clone());
        script.text(", ");
    }
    if !options.partition_by.is_empty() {
        write_names(script, "PARTITION BY = ", &options.partition_by);
        script.text(", ");
    }
    if let Some(Retain { text, .. }) = &options.retain {
        script.text(format!("RETAIN HISTORY = FOR {}, ", literal(text)));
    }
    script.text(match options.refresh {
        Refresh::OnCommit => "REFRESH = ON COMMIT".to_owned(),
        Refresh::Every {
            interval,
            aligned_to,
        } => format!(
            "REFRESH = EVERY '{}' ALIGNED TO '{}'",
            show_interval(micros(interval)),
            show_timestamptz(millis_to_micros(aligned_to))
        ),
        Refresh::At(at) => {
            format!("REFRESH = AT '{}'", show_timestamptz(millis_to_micros(at)))
        }
    });
}

fn cluster_options(managed: &Managed, version: ServerVersion) -> String {
    let interval = managed.introspection_interval.map_or_else(
        || "'0'".to_owned(),
        |interval| format!("INTERVAL '{}'", show_interval(micros(interval))),
    );
    // In front (recorded: v26.39/18).
    let compression = if version.has(Change::ArrangementCompression) {
        format!(
            "EXPERIMENTAL ARRANGEMENT COMPRESSION = {}, ",
            managed.arrangement_compression
        )
    } else {
        String::new()
    };
    // First of all (recorded: v26.39/20).
    let strategy = managed.strategy.as_ref().map_or_else(String::new, |it| {
        let linger = it.linger.map_or_else(String::new, |linger| {
            format!(
                ", LINGER DURATION = INTERVAL '{}'",
                show_interval(micros(linger))
            )
        });
        let size = literal(&it.size);
        format!("AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = {size}{linger})), ")
    });
    let head = format!(
        "{strategy}{compression}INTROSPECTION DEBUGGING = {}, INTROSPECTION INTERVAL = {interval}, MANAGED = true",
        managed.introspection_debugging
    );
    // Behind the schedule (recorded: v26.24/18).
    let class = managed
        .workload_class
        .as_ref()
        .map_or_else(String::new, |class| {
            format!(", WORKLOAD CLASS = {}", literal(class))
        });
    match managed.on_refresh {
        None => format!(
            "{head}, REPLICATION FACTOR = {}, SIZE = '{}', SCHEDULE = MANUAL{class}",
            managed.replication_factor, managed.size
        ),
        Some(estimate) => format!(
            "{head}, SIZE = '{}', SCHEDULE = ON REFRESH (HYDRATION TIME ESTIMATE = '{}'){class}",
            managed.size,
            show_interval(micros(estimate))
        ),
    }
}

fn features(features: &[(String, bool)]) -> String {
    if features.is_empty() {
        return String::new();
    }
    let entries: Vec<_> = features
        .iter()
        .map(|(name, on)| format!("{name} = {on}"))
        .collect();
    format!(" FEATURES ({})", entries.join(", "))
}

/// A duration in microseconds, as intervals are stored.
#[must_use]
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Milliseconds since the epoch in microseconds, as instants are stored.
#[must_use]
pub fn millis_to_micros(millis: u64) -> i64 {
    i64::try_from(millis).map_or(i64::MAX, |millis| millis.saturating_mul(1000))
}
