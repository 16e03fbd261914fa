//! Replacement materialized views: one waits beside the view that it is for, and takes its name when it is applied (recorded: v26.24/18,
//! v26.39/18). Owner and grants stay with the name; that is a belief.

use super::Work;
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Item};
use crate::catalog::ownership::Owned;
use crate::catalog::script::{Piece, Script};
use crate::error::{SqlError, SqlResult};
use crate::select::identifier::{BY_ID, ident};
use crate::statement::Name;
use crate::statement::object::ObjectKind;
use crate::version::Change;
use serde_json::json;
use sqlparser::ast::{Ident, ObjectName, VisitMut, VisitorMut};
use std::ops::ControlFlow;
use std::sync::Arc;

impl Work<'_> {
    /// The view that a replacement is for.
    pub(super) fn replaceable(&self, name: &Name) -> SqlResult<Id> {
        if !self.catalog.version.has(Change::Replacements) {
            return Err(SqlError::syntax(
                "Expected an object type, found identifier \"replacement\"",
            ));
        }
        let id = self.item_of(ObjectKind::MaterializedView, name)?;
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Item(id)])?;
        Ok(id)
    }

    pub(super) fn apply_replacement(&mut self, view: &Name, with: &Name) -> SqlResult<()> {
        let old = self.replaceable(view)?;
        let new = self.replaceable(with)?;
        if self.catalog.replacements.get(&new) != Some(&old) {
            return Err(SqlError::plan(format!(
                "\"{}\" is not a replacement for \"{}\"",
                with.join("."),
                view.join(".")
            )));
        }
        let (Some(replaced), Some(replacement)) =
            (self.catalog.remove_item(old), self.catalog.remove_item(new))
        else {
            return Ok(());
        };
        let item = Item {
            schema: replaced.schema,
            name: replaced.name.clone(),
            owner: replaced.owner,
            acl: replaced.acl.clone(),
            ..Item::clone(&replacement)
        };
        self.catalog.insert_item(item);
        self.catalog.replacements.remove(&new);
        let mut globals = self.catalog.earlier_ids.remove(&old).unwrap_or_default();
        globals.insert(old);
        self.catalog.earlier_ids.insert(new, globals);
        let readers = self.catalog.items.values();
        let readers: Vec<Id> = readers
            .filter(|item| item.references.contains(&old))
            .map(|item| item.id)
            .collect();
        for reader in readers {
            self.catalog
                .change_item(reader, |item| read_instead(item, old, new));
        }
        let details = json!({"id": new.to_string(), "replaced": old.to_string()});
        let actor = self.actor();
        self.catalog
            .record(actor, "alter", "materialized-view", details);
        Ok(())
    }
}

/// Puts one id in place of another wherever an item names it.
fn read_instead(item: &mut Item, old: Id, new: Id) {
    if item.references.remove(&old) {
        item.references.insert(new);
    }
    let put = |id: &mut Id| {
        if *id == old {
            *id = new;
        }
    };
    let in_script = |script: &mut Script| {
        for piece in &mut script.0 {
            if let Piece::Item(id) = piece {
                put(id);
            }
        }
    };
    match &mut item.body {
        Body::View { definition, .. } | Body::MaterializedView { definition, .. } => {
            in_script(&mut definition.script);
            let mut query = definition.query.as_ref().clone();
            let _ = query.visit(&mut Instead { old, new });
            definition.query = Arc::new(query);
        }
        Body::Index { on, keys, .. } => {
            put(on);
            keys.iter_mut().for_each(|key| in_script(&mut key.script));
        }
        Body::Sink { from, script, .. } => {
            put(from);
            in_script(script);
        }
        _ => {}
    }
}

struct Instead {
    old: Id,
    new: Id,
}

impl VisitorMut for Instead {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> ControlFlow<()> {
        let by_id = |id: Id| format!("{BY_ID}{id}");
        let named = name.0.last().and_then(|part| part.as_ident()).map(ident);
        if named == Some(by_id(self.old)) {
            *name = ObjectName::from(vec![Ident::with_quote('"', by_id(self.new))]);
        }
        ControlFlow::Continue(())
    }
}
