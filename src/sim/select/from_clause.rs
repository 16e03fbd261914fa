//! What a FROM clause has gathered.

use super::scope::{Relation, Scope};

/// A planned FROM.
#[derive(Debug, Default)]
pub struct From {
    pub sql: String,
    pub relations: Vec<Relation>,
}

impl From {
    #[must_use]
    pub fn scope<'p>(&self, outer: &'p Scope<'p>) -> Scope<'p> {
        Scope {
            relations: self.relations.clone(),
            ctes: Vec::new(),
            outer: Some(outer),
        }
    }

    pub(super) fn add(&mut self, sql: &str, glue: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(glue);
        }
        self.sql.push_str(sql);
    }
}
