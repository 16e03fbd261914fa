//! A statement at work on a copy of the catalog.

use crate::catalog::Catalog;
use crate::catalog::acl::Privileges;
use crate::catalog::audit::Actor;
use crate::catalog::id::Id;
use crate::catalog::item::{Body, Item};
use crate::error::{Notice, SqlError, SqlResult};
use crate::inventory::Millis;
use crate::select::Viewer;
use crate::statement::Name;
use crate::statement::object::ObjectKind;
use crate::types::Column;
use std::collections::BTreeSet;

/// A statement at work on a copy of the catalog.
pub struct Work<'a> {
    pub catalog: &'a mut Catalog,
    pub viewer: &'a Viewer,
    /// The session's cluster, by name.
    pub cluster: &'a str,
    pub now: Millis,
    pub notices: Vec<Notice>,
}

impl Work<'_> {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            role: self.viewer.role,
            now: self.now,
        }
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    pub(super) fn skipped(&mut self, kind: &str, name: &str) {
        self.notice(Notice::new(format!(
            "{kind} \"{name}\" does not exist, skipping"
        )));
    }

    pub(super) fn already(&mut self, kind: &str, name: &str) {
        self.notice(Notice::new(format!(
            "{kind} \"{name}\" already exists, skipping"
        )));
    }

    /// Where a new item goes. `None` when it is there already and that is fine.
    pub(super) fn place(
        &mut self,
        name: &Name,
        if_not_exists: bool,
        temporary: bool,
    ) -> SqlResult<Option<(Id, String)>> {
        let path = &self.viewer.path;
        let (schema, item) = if temporary {
            let item = name.last().cloned().unwrap_or_default();
            (path.temporary, item)
        } else {
            self.catalog.target(path, name)?
        };
        if let Some(existing) = self.catalog.item_named(schema, &item) {
            let kind = existing.type_in_words();
            let full = self.catalog.full_name(existing.id);
            if if_not_exists {
                self.already(&kind, &full);
                return Ok(None);
            }
            return Err(SqlError::plan(format!("{kind} \"{full}\" already exists")));
        }
        if !temporary {
            self.catalog
                .require_on_schema(self.viewer.role, schema, Privileges::CREATE)?;
        }
        Ok(Some((schema, item)))
    }

    /// Adds an item that belongs to the session's role and records it.
    pub(super) fn add(&mut self, new: NewItem) -> Id {
        let id = self.catalog.next_item();
        let oid = self.catalog.next_oid();
        let owner = self.viewer.role;
        let mut item = Item {
            id,
            oid,
            schema: new.schema,
            name: new.name,
            owner,
            acl: crate::catalog::acl::Acl::default(),
            body: new.body,
            columns: new.columns,
            references: new.references,
            created_at: self.now,
            temporary: new.temporary,
        };
        if item.has_acl() {
            let class = match item.object_type() {
                "view" | "materialized-view" | "source" => "table",
                class => class,
            };
            let all = item.all_privileges();
            item.acl = self
                .catalog
                .initial_acl(owner, class, Some(item.schema), all);
        }
        if !item.temporary {
            self.catalog.record_item(self.actor(), "create", &item);
        }
        self.catalog.insert_item(item);
        id
    }

    /// The cluster that is named, or the session's; the role must be allowed to create there.
    pub(super) fn cluster_for(&self, name: Option<&str>) -> SqlResult<Id> {
        let (id, _) = self.catalog.cluster(name.unwrap_or(self.cluster))?;
        self.catalog
            .require_on_cluster(self.viewer.role, id, Privileges::CREATE)?;
        Ok(id)
    }

    /// An existing item of that kind.
    pub(super) fn item_of(&self, kind: ObjectKind, name: &Name) -> SqlResult<Id> {
        let item = self.catalog.resolve(&self.viewer.path, name)?;
        if !item.id.is_user() {
            return Err(SqlError::plan(format!(
                "system item '{}' cannot be modified",
                self.catalog.full_name(item.id)
            )));
        }
        let fits = match kind {
            ObjectKind::Relation | ObjectKind::Column => item.is_relation(),
            kind => item.object_type() == kind.object_type(),
        };
        if fits {
            Ok(item.id)
        } else {
            Err(SqlError::plan(format!(
                "{} is not of type {}",
                name.join("."),
                kind.capitals()
            )))
        }
    }
}

/// What is particular about a new item.
pub(super) struct NewItem {
    pub(super) schema: Id,
    pub(super) name: String,
    pub(super) body: Body,
    pub(super) columns: Vec<Column>,
    pub(super) references: BTreeSet<Id>,
    pub(super) temporary: bool,
}
