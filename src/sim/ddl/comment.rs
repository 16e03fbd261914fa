//! COMMENT ON.

use super::Work;
use crate::catalog::Subject;
use crate::catalog::id::{Id, Space};
use crate::catalog::ownership::Owned;
use crate::error::{SqlError, SqlResult};
use crate::statement::Name;
use crate::statement::cluster::single;
use crate::statement::object::ObjectKind;
use serde_json::json;

impl Work<'_> {
    pub(super) fn comment(
        &mut self,
        kind: ObjectKind,
        name: &Name,
        column: Option<&str>,
        text: Option<&str>,
    ) -> SqlResult<()> {
        let (subject, owned) = self.subject(kind, name, column)?;
        match owned {
            Some(owned) => self.catalog.require_owner(self.viewer.role, &[owned])?,
            None => self.catalog.require_on_system(
                self.viewer.role,
                crate::catalog::acl::Privileges::CREATEROLE,
            )?,
        }
        match text {
            Some(text) => {
                self.catalog.comments.insert(subject, text.to_owned());
            }
            None => {
                self.catalog.comments.remove(&subject);
            }
        }
        let details = self.comment_details(&subject, name);
        self.catalog
            .record(self.actor(), "comment", subject.object_type, details);
        Ok(())
    }

    /// A schema's comment is told by the ids of its database and its own, and by its full name (recorded: v26.39/17).
    fn comment_details(&self, subject: &Subject, name: &Name) -> serde_json::Value {
        let schema = self.catalog.schemas.get(&subject.id);
        let database = schema.and_then(|schema| schema.database);
        match (schema, database) {
            (Some(schema), Some(database)) if subject.object_type == "schema" => {
                let owner = self.catalog.databases.get(&database);
                let owner = owner.map_or("", |database| database.name.as_str());
                json!({
                    "id": format!("Schema((Id({}), Id({})))", spelled(database), spelled(subject.id)),
                    "name": format!("{owner}.{}", schema.name),
                })
            }
            _ => json!({"id": subject.id.to_string(), "name": name.join(".")}),
        }
    }

    fn subject(
        &self,
        kind: ObjectKind,
        name: &Name,
        column: Option<&str>,
    ) -> SqlResult<(Subject, Option<Owned>)> {
        let plain = |object_type, id| Subject {
            object_type,
            id,
            column: None,
        };
        Ok(match kind {
            ObjectKind::Schema => {
                let id = self.catalog.schema(&self.viewer.path, name)?;
                (plain("schema", id), Some(Owned::Schema(id)))
            }
            ObjectKind::Database => {
                let id = self.catalog.database(&single(name)?)?;
                (plain("database", id), Some(Owned::Database(id)))
            }
            ObjectKind::Cluster => {
                let (id, _) = self.catalog.cluster(&single(name)?)?;
                (plain("cluster", id), Some(Owned::Cluster(id)))
            }
            ObjectKind::ClusterReplica => {
                let id = self.replica_named(name)?;
                (plain("cluster-replica", id), Some(Owned::Replica(id)))
            }
            ObjectKind::Role => (plain("role", self.catalog.role(&single(name)?)?), None),
            kind => {
                let id = self.item_of(kind, name)?;
                let item = self
                    .catalog
                    .items
                    .get(&id)
                    .ok_or_else(|| SqlError::unknown_item(name.join(".")))?;
                let position = match column {
                    None => None,
                    Some(column) => {
                        let at = item.columns.iter().position(|c| c.name == column);
                        let at = at.ok_or_else(|| SqlError::unknown_column(column))?;
                        i32::try_from(at + 1).ok()
                    }
                };
                let subject = Subject {
                    object_type: item.object_type(),
                    id,
                    column: position,
                };
                (subject, Some(Owned::Item(id)))
            }
        })
    }
}

/// An id as the audit log spells it within others.
fn spelled(id: Id) -> String {
    let space = match id.space {
        Space::User => "User",
        _ => "System",
    };
    format!("{space}({})", id.number)
}
