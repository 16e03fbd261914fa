//! Types of users: lists and maps.

use super::{NewItem, Work};
use crate::catalog::id::Id;
use crate::catalog::item::{Body, TypeText};
use crate::catalog::script::{Piece, Script};
use crate::error::SqlResult;
use crate::statement::Name;
use crate::statement::custom_type::CreateType;
use crate::types::SqlType;
use std::collections::BTreeSet;

impl Work<'_> {
    pub(super) fn create_type(&mut self, new: &CreateType) -> SqlResult<()> {
        let Some((schema, name)) = self.place(&new.name, false, false)? else {
            return Ok(());
        };
        let mut script = Script::default();
        script.text(format!(" AS {} (", new.category.to_uppercase()));
        let mut references = BTreeSet::new();
        for (at, (option, named)) in new.parts.iter().enumerate() {
            let id = self.type_named(named)?;
            if id.is_user() {
                references.insert(id);
            }
            let comma = if at > 0 { ", " } else { "" };
            script.text(format!("{comma}{option} = "));
            script.push(Piece::Item(id));
        }
        script.text(")");
        let mut made_as = self.catalog.schema_name_parts(schema);
        made_as.push(name.clone());
        self.add(NewItem {
            schema,
            name,
            body: Body::Type(Some(TypeText {
                category: new.category,
                made_as,
                script,
            })),
            columns: Vec::new(),
            references,
            temporary: false,
        });
        Ok(())
    }

    /// By any spelling of a built-in one, or by the name of another's.
    fn type_named(&self, name: &Name) -> SqlResult<Id> {
        if let [bare] = name.as_slice()
            && let Some(ty) = SqlType::by_name(bare)
        {
            return Ok(Id::system(ty.item()));
        }
        Ok(self.catalog.resolve(&self.viewer.path, name)?.id)
    }
}
