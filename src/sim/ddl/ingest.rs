//! Sources, sinks, connections and secrets.

use super::{NewItem, Work};
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::item::Body;
use crate::catalog::script::{Piece, Script};
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::ingest::{CreateConnection, CreateSink, CreateSource, SourceFrom};
use crate::types::{Column, SqlType};
use std::collections::BTreeSet;

/// A table of a load generator, with its columns; `id` is unique.
pub(super) struct Upstream {
    pub name: &'static str,
    pub columns: &'static [(&'static str, SqlType)],
}

/// The tables of the AUCTION load generator (`bids` recorded: 09; the others by its documentation).
pub(super) const AUCTION: [Upstream; 5] = [
    Upstream {
        name: "organizations",
        columns: &[("id", SqlType::Int8), ("name", SqlType::Text)],
    },
    Upstream {
        name: "users",
        columns: &[
            ("id", SqlType::Int8),
            ("org_id", SqlType::Int8),
            ("name", SqlType::Text),
        ],
    },
    Upstream {
        name: "accounts",
        columns: &[
            ("id", SqlType::Int8),
            ("org_id", SqlType::Int8),
            ("balance", SqlType::Int8),
        ],
    },
    Upstream {
        name: "auctions",
        columns: &[
            ("id", SqlType::Int8),
            ("seller", SqlType::Int8),
            ("item", SqlType::Text),
            ("end_time", SqlType::TimestampTz),
        ],
    },
    Upstream {
        name: "bids",
        columns: &[
            ("id", SqlType::Int8),
            ("buyer", SqlType::Int8),
            ("auction_id", SqlType::Int8),
            ("amount", SqlType::Int4),
            ("bid_time", SqlType::TimestampTz),
        ],
    },
];

/// What CREATE TABLE .. FROM SOURCE makes.
pub(super) struct SourceTable {
    pub source: Id,
    pub columns: Vec<Column>,
    pub script: Script,
}

impl Work<'_> {
    pub(super) fn create_source(&mut self, source: &CreateSource) -> SqlResult<()> {
        let cluster = self.cluster_for(source.cluster.as_deref())?;
        let (kind, connection, mut script, columns) = match &source.from {
            SourceFrom::LoadGenerator { generator, options } => {
                let columns = self.generator_columns(generator, source.for_all_tables)?;
                let mut script = Script::default();
                script.push(Piece::Break("\n"));
                script.text(format!("FROM LOAD GENERATOR {generator}"));
                script.text(in_parentheses(options));
                ("load-generator", None, script, columns)
            }
            SourceFrom::Connection {
                kind,
                connection,
                options,
            } => {
                let connection = self.connection(connection)?;
                if source.for_all_tables {
                    return Err(SqlError::unsupported(format!(
                        "FOR ALL TABLES of a {kind} source"
                    )));
                }
                let mut script = Script::default();
                script.push(Piece::Break("\n"));
                let words = kind.to_uppercase().replace('-', " ");
                script.text(format!("FROM {words} CONNECTION "));
                script.push(Piece::Item(connection));
                script.text(in_parentheses(options));
                let columns = self.columns_from(kind, source)?;
                (*kind, Some(connection), script, columns)
            }
        };
        for (word, clause) in [("FORMAT", &source.format), ("ENVELOPE", &source.envelope)] {
            if let Some(clause) = clause {
                script.push(Piece::Break("\n"));
                script.text(format!("{word} {clause}"));
            }
        }
        let Some((schema, name)) = self.place(&source.name, source.if_not_exists, false)? else {
            return Ok(());
        };
        let mut references: BTreeSet<Id> = connection.into_iter().collect();
        if source.for_all_tables {
            let progress = self.progress_of(source, schema, &name)?;
            references.insert(progress);
            script.push(Piece::Break("\n"));
            script.text("FOR ALL TABLES");
            script.push(Piece::Break("\n"));
            script.text("EXPOSE PROGRESS AS ");
            script.push(Piece::Item(progress));
        }
        let id = self.add(NewItem {
            schema,
            name,
            body: Body::Source {
                kind,
                cluster: Some(cluster),
                connection,
                envelope: source.envelope.as_ref().map(|text| text.to_lowercase()),
                script: Some(script),
            },
            columns,
            references,
            temporary: false,
        });
        if source.for_all_tables {
            self.add_subsources(schema, id, cluster);
        }
        Ok(())
    }

    /// A generator of one relation gives it itself, one of many gives only progress.
    fn generator_columns(&self, generator: &str, all_tables: bool) -> SqlResult<Vec<Column>> {
        match generator {
            "AUCTION"
                if !all_tables && !self.catalog.setting("enable_create_table_from_source") =>
            {
                Err(SqlError::plan(
                    "multi-output sources require a FOR ALL TABLES statement",
                ))
            }
            "AUCTION" => Ok(Vec::new()),
            "COUNTER" if all_tables => Err(SqlError::plan(
                "FOR ALL TABLES is only valid for multi-output sources",
            )),
            "COUNTER" => {
                let flag = "enable_load_generator_counter";
                if self.catalog.setting(flag) {
                    Ok(vec![Column::new("counter", SqlType::Int8)])
                } else {
                    Err(SqlError::unavailable(
                        "Create a LOAD GENERATOR COUNTER",
                        flag,
                    ))
                }
            }
            other => Err(SqlError::unsupported(format!("LOAD GENERATOR {other}"))),
        }
    }

    /// What a source over a connection gives itself: a topic's messages by their format (by the public documents), nothing where it
    /// is only read by its tables.
    fn columns_from(&self, kind: &str, source: &CreateSource) -> SqlResult<Vec<Column>> {
        let tables_later = self.catalog.setting("enable_create_table_from_source");
        match &source.format {
            None if tables_later => Ok(Vec::new()),
            None if kind == "kafka" => Err(SqlError::plan("Source format must be specified")),
            None => Err(SqlError::plan(
                "multi-output sources require a FOR TABLES (..), FOR SCHEMAS (..), or FOR ALL TABLES statement",
            )),
            Some(format) => {
                let keyed = source
                    .envelope
                    .as_deref()
                    .is_some_and(|e| !e.eq_ignore_ascii_case("none"));
                if keyed {
                    return Err(SqlError::unsupported("a source with a key"));
                }
                format_columns(format)
            }
        }
    }

    fn connection(&self, name: &Name) -> SqlResult<Id> {
        let item = self.catalog.resolve(&self.viewer.path, name)?;
        if !matches!(item.body, Body::Connection { .. }) {
            return Err(SqlError::plan(format!(
                "{} is not a connection",
                self.catalog.full_name(item.id)
            )));
        }
        self.catalog
            .require_on_item(self.viewer.role, item, Privileges::USAGE)?;
        Ok(item.id)
    }

    pub(super) fn table_of_source(
        &self,
        source: &Name,
        reference: &Name,
    ) -> SqlResult<SourceTable> {
        let item = self.catalog.resolve(&self.viewer.path, source)?;
        let Body::Source { kind, .. } = &item.body else {
            return Err(SqlError::plan(format!(
                "{} is not a source",
                self.catalog.full_name(item.id)
            )));
        };
        let wanted = reference.last().map(String::as_str).unwrap_or_default();
        let flag = "enable_create_table_from_source";
        if !self.catalog.setting(flag) {
            let what = "Whether to allow CREATE TABLE .. FROM SOURCE syntax.";
            return Err(SqlError::unavailable(what, flag));
        }
        let upstream = AUCTION
            .iter()
            .find(|table| *kind == "load-generator" && table.name == wanted)
            .ok_or_else(|| {
                SqlError::plan(format!(
                    "reference to {} not found in source",
                    reference.join(".")
                ))
            })?;
        Ok(SourceTable {
            source: item.id,
            columns: upstream.columns(),
            script: source_table_script(upstream, item.id),
        })
    }

    pub(super) fn create_sink(&mut self, sink: &CreateSink) -> SqlResult<()> {
        let cluster = self.cluster_for(sink.cluster.as_deref())?;
        let from = self.catalog.resolve(&self.viewer.path, &sink.from)?.clone();
        if !matches!(
            from.body,
            Body::Table { .. } | Body::MaterializedView { .. } | Body::Source { .. }
        ) {
            return Err(SqlError::plan(format!(
                "{} is a {}, which cannot be exported as a sink",
                self.catalog.full_name(from.id),
                from.type_in_words()
            )));
        }
        self.catalog
            .require_on_item(self.viewer.role, &from, Privileges::SELECT)?;
        let connection = self.connection(&sink.connection)?;
        let mut script = Script::default();
        script.push(Piece::Break("\n"));
        script.text("INTO KAFKA CONNECTION ");
        script.push(Piece::Item(connection));
        script.text(in_parentheses(&sink.options));
        if let Some(key) = &sink.key {
            script.text(" KEY (");
            for (at, column) in key.columns.iter().enumerate() {
                if !from.columns.iter().any(|c| c.name == *column) {
                    return Err(SqlError::unknown_column(column));
                }
                if at > 0 {
                    script.text(", ");
                }
                script.name(column.clone());
            }
            script.text(if key.not_enforced {
                ") NOT ENFORCED"
            } else {
                ")"
            });
        }
        script.push(Piece::Break("\n"));
        script.text(format!("FORMAT {}", sink.format));
        script.push(Piece::Break("\n"));
        script.text(format!("ENVELOPE {}", sink.envelope.to_uppercase()));
        let Some((schema, name)) = self.place(&sink.name, sink.if_not_exists, false)? else {
            return Ok(());
        };
        self.add(NewItem {
            schema,
            name,
            body: Body::Sink {
                from: from.id,
                cluster,
                connection: Some(connection),
                envelope: sink.envelope.clone(),
                format: sink.format.clone(),
                script,
                version: 0,
            },
            columns: Vec::new(),
            references: BTreeSet::from([from.id, connection]),
            temporary: false,
        });
        Ok(())
    }

    pub(super) fn create_connection(&mut self, connection: &CreateConnection) -> SqlResult<()> {
        let Some((schema, name)) = self.place(&connection.name, connection.if_not_exists, false)?
        else {
            return Ok(());
        };
        let mut script = Script::default();
        let words = connection.kind.to_uppercase().replace('-', " ");
        script.text(format!(" TO {words}"));
        script.text(in_parentheses(&connection.options));
        self.add(NewItem {
            schema,
            name,
            body: Body::Connection {
                kind: connection.kind,
                script,
            },
            columns: Vec::new(),
            references: BTreeSet::new(),
            temporary: false,
        });
        Ok(())
    }

    pub(super) fn create_secret(&mut self, name: &Name, if_not_exists: bool) -> SqlResult<()> {
        let Some((schema, name)) = self.place(name, if_not_exists, false)? else {
            return Ok(());
        };
        self.add(NewItem {
            schema,
            name,
            body: Body::Secret,
            columns: Vec::new(),
            references: BTreeSet::new(),
            temporary: false,
        });
        Ok(())
    }
}

/// The columns of a message. What a registry or a file header says is not known here.
fn format_columns(format: &str) -> SqlResult<Vec<Column>> {
    let column = |name: String, ty| Column {
        name,
        ty,
        nullable: false,
    };
    let words: Vec<String> = format.split_whitespace().map(str::to_uppercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["BYTES"] => Ok(vec![column("data".to_owned(), SqlType::Bytea)]),
        ["JSON"] => Ok(vec![column("data".to_owned(), SqlType::Jsonb)]),
        ["TEXT"] => Ok(vec![column("text".to_owned(), SqlType::Text)]),
        ["CSV", "WITH", count, "COLUMNS"] => {
            let count: usize = count
                .parse()
                .map_err(|_| SqlError::syntax("Expected a number of columns"))?;
            Ok((1..=count)
                .map(|at| column(format!("column{at}"), SqlType::Text))
                .collect())
        }
        _ => Err(SqlError::unsupported(format!("FORMAT {format}"))),
    }
}

impl Upstream {
    pub(super) fn columns(&self) -> Vec<Column> {
        let columns = self.columns.iter().map(|(name, ty)| Column {
            name: (*name).to_owned(),
            ty: *ty,
            nullable: false,
        });
        columns.collect()
    }

    /// What it is called at the generator.
    pub(super) fn write_reference(&self, script: &mut Script) {
        for (at, part) in ["mz_load_generators", "auction", self.name]
            .into_iter()
            .enumerate()
        {
            if at > 0 {
                script.text(".");
            }
            script.name(part);
        }
    }
}

fn in_parentheses(options: &[String]) -> String {
    if options.is_empty() {
        String::new()
    } else {
        format!(" ({})", options.join(", "))
    }
}

/// Laid out as SHOW CREATE TABLE does for tables from sources (recorded: 09).
fn source_table_script(table: &Upstream, source: Id) -> Script {
    let mut script = Script::default();
    script.push(Piece::Break("\n        "));
    script.text("(");
    for (name, ty) in table.columns {
        script.push(Piece::Break("\n            "));
        script.name(*name);
        script.text(" ");
        script.push(Piece::Item(Id::system(ty.item())));
        script.text(" NOT NULL,");
    }
    script.push(Piece::Break("\n            "));
    script.text("UNIQUE (");
    script.name("id");
    script.text(")");
    script.push(Piece::Break("\n        "));
    script.text(")");
    script.push(Piece::Break("\n"));
    script.text("FROM SOURCE ");
    script.push(Piece::Item(source));
    script.text(" (REFERENCE = ");
    table.write_reference(&mut script);
    script.text(")");
    script
}
