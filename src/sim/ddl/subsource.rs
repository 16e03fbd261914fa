//! CREATE SOURCE .. FOR ALL TABLES: the form that every server takes, and the only one where CREATE TABLE .. FROM SOURCE is switched
//! off. It makes one source for each table of the generator, and one of its progress.

use super::ingest::{AUCTION, Upstream};
use super::{NewItem, Work};
use crate::catalog::id::Id;
use crate::catalog::item::{Body, PROGRESS, SUBSOURCE};
use crate::catalog::script::{Piece, Script};
use crate::error::{SqlError, SqlResult};
use crate::statement::ingest::CreateSource;
use crate::types::{Column, SqlType};
use std::collections::BTreeSet;

impl Work<'_> {
    /// Makes the source of the progress, unless the name of a table is taken.
    pub(super) fn progress_of(
        &mut self,
        source: &CreateSource,
        schema: Id,
        name: &str,
    ) -> SqlResult<Id> {
        let taken = AUCTION
            .iter()
            .rev()
            .find(|table| self.catalog.item_named(schema, table.name).is_some());
        if let Some(taken) = taken {
            // Recorded: 09.
            return Err(SqlError::plan(format!(
                "catalog item '{}' already exists",
                taken.name
            )));
        }
        let named = match &source.progress {
            Some(named) => named.clone(),
            None => {
                let mut beside = source.name.clone();
                beside.pop();
                beside.push(format!("{name}_progress"));
                beside
            }
        };
        let Some((schema, name)) = self.place(&named, false, false)? else {
            return Err(SqlError::plan("the progress of a source needs a name"));
        };
        let mut script = Script::default();
        script.text(" (");
        script.name("offset");
        script.text(" ");
        script.push(Piece::Item(Id::system(SqlType::Uint8.item())));
        script.text(") WITH (PROGRESS = true)");
        Ok(self.add(NewItem {
            schema,
            name,
            body: Body::Source {
                kind: PROGRESS,
                cluster: None,
                connection: None,
                envelope: None,
                script: Some(script),
            },
            columns: vec![Column::new("offset", SqlType::Uint8)],
            references: BTreeSet::new(),
            temporary: false,
        }))
    }

    pub(super) fn add_subsources(&mut self, schema: Id, source: Id, cluster: Id) {
        let mut tables: Vec<&Upstream> = AUCTION.iter().collect();
        tables.sort_by_key(|table| table.name);
        for table in tables {
            self.add(NewItem {
                schema,
                name: table.name.to_owned(),
                body: Body::Source {
                    kind: SUBSOURCE,
                    cluster: Some(cluster),
                    connection: None,
                    envelope: None,
                    script: Some(script(table, source)),
                },
                columns: table.columns(),
                references: BTreeSet::from([source]),
                temporary: false,
            });
        }
    }
}

fn script(table: &Upstream, source: Id) -> Script {
    let mut script = Script::default();
    script.text(" (");
    for (name, ty) in table.columns {
        script.name(*name);
        script.text(" ");
        script.push(Piece::Item(Id::system(ty.item())));
        script.text(" NOT NULL, ");
    }
    script.text("UNIQUE (");
    script.name("id");
    script.text("))");
    script.push(Piece::Break("\n"));
    script.text("OF SOURCE ");
    script.push(Piece::Item(source));
    script.push(Piece::Break("\n"));
    script.text("WITH (EXTERNAL REFERENCE = ");
    table.write_reference(&mut script);
    script.text(")");
    script
}
