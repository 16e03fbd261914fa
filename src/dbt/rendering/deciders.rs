//! Who decides where a relation goes: the macros that dbt finds for schemas, databases, names and clusters.

use crate::dbt::manifest::{Macro, Manifest};
use crate::domain::rendered::{Decider, Deciders};
use std::collections::HashMap;
use std::sync::Arc;

/// The packages whose macros are the adapter's own. Everything else is the project's, or a package's that it installed.
const OWN: [&str; 3] = ["dbt", "dbt_postgres", "dbt_materialize"];
/// Before these a macro is looked for under its plain name: dbt's dispatch.
const PREFIXES: [&str; 3] = ["materialize__", "postgres__", "default__"];

/// The macros of a manifest by name.
pub(super) struct MacroNames<'a> {
    root: &'a str,
    by_name: HashMap<String, Vec<&'a Macro>>,
}

impl<'a> MacroNames<'a> {
    pub fn of(manifest: &'a Manifest) -> Self {
        let mut by_name: HashMap<String, Vec<&Macro>> = HashMap::new();
        for known in manifest.macros().iter().filter(|known| !is_own(known)) {
            let name = known.name().into_owned();
            by_name.entry(name).or_default().push(known);
        }
        let root = manifest.metadata().project_name.as_deref();
        Self {
            root: root.unwrap_or_default(),
            by_name,
        }
    }

    /// The deciders for the nodes of a package.
    pub fn deciders(&self, package: &str) -> Arc<Deciders> {
        Arc::new(Deciders {
            database: self.decider("generate_database_name", package),
            schema: self.decider("generate_schema_name", package),
            name: self.decider("generate_alias_name", package),
            cluster: self.cluster(),
        })
    }

    /// A macro of the project's in the place of one that renders clusters, where there is one.
    pub fn cluster_macro_of_project(&self) -> Option<String> {
        Some(self.cluster())
            .filter(|decider| decider.is_overridden)
            .map(|decider| decider.words)
    }

    fn cluster(&self) -> Decider {
        let found: Vec<String> = ["generate_cluster_name", "generate_deploy_cluster_name"]
            .into_iter()
            .filter_map(|name| self.find(name, self.root))
            .map(|found| self.words(found))
            .collect();
        match found.as_slice() {
            [] => own("generate_cluster_name"),
            _ => Decider {
                words: found.join(" with "),
                is_overridden: true,
            },
        }
    }

    fn decider(&self, name: &str, package: &str) -> Decider {
        self.find(name, package).map_or_else(
            || own(name),
            |found| Decider {
                words: self.words(found),
                is_overridden: true,
            },
        )
    }

    /// As dbt looks: in the node's package, in the project, then by dispatch.
    fn find(&self, name: &str, package: &str) -> Option<&'a Macro> {
        let dispatched = PREFIXES.map(|prefix| format!("{prefix}{name}"));
        std::iter::once(name)
            .chain(dispatched.iter().map(String::as_str))
            .find_map(|name| {
                let of = |package: &str| {
                    let mut known = self.by_name.get(name)?.iter();
                    known.find(|known| package_of(known) == package).copied()
                };
                of(package).or_else(|| of(self.root))
            })
    }

    fn words(&self, found: &Macro) -> String {
        words(found, self.root)
    }
}

/// `` `generate_schema_name` in macros/schema.sql``, with the package where it is not the project's own.
pub(super) fn words(found: &Macro, root: &str) -> String {
    let (name, file) = (found.name(), found.original_file_path());
    match package_of(found) {
        package if package == root => format!("`{name}` in {file}"),
        package => format!("`{name}` in {file} of package {package}"),
    }
}

fn own(name: &str) -> Decider {
    Decider {
        words: format!("the adapter's own `{name}`"),
        is_overridden: false,
    }
}

/// The package of a macro: `macro.<package>.<name>`.
pub(super) fn package_of(known: &Macro) -> &str {
    known.unique_id.as_str().split('.').nth(1).unwrap_or("")
}

pub(super) fn is_own(known: &Macro) -> bool {
    OWN.contains(&package_of(known))
}

/// A macro's name without the prefix by which dbt dispatches.
pub(super) fn undispatched(name: &str) -> &str {
    let stripped = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    stripped.unwrap_or(name)
}
