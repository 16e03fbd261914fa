//! A state that another version of dbt wrote, brought up to the version that compares.

use super::Abort;
use crate::dbt::jinja::config_arguments;
use crate::dbt::json::Value;
use crate::dbt::manifest::{Field, Manifest, Node, ResourceType, UniqueId};
use std::collections::{BTreeMap, HashMap};

/// Generic tests without any configuration in their code.
const PLAIN_TESTS: [&str; 2] = ["macro.dbt.test_not_null", "macro.dbt.test_unique"];

/// What dbt puts over the unrendered configurations of a state, by node: the arguments of the `config()` call in its code, as
/// dbt 1.12 writes them (dbt-core 1.12.6, `upgrade_unrendered_config`).
#[derive(Debug, Default)]
pub(super) struct StateUpgrade(HashMap<UniqueId, BTreeMap<String, String>>);

impl StateUpgrade {
    /// # Errors
    /// When the code of a node is no Jinja: dbt stops while it loads the state.
    pub fn of(state: &Manifest) -> Result<Self, Abort> {
        let mut upgrade = Self::default();
        for node in state.nodes().iter().filter(|node| is_upgraded(node)) {
            let arguments =
                config_arguments(&node.raw_code()).map_err(|error| Abort::StateCode {
                    id: node.unique_id.clone(),
                    file: node.original_file_path().into_owned(),
                    what: error.to_string(),
                })?;
            if !arguments.is_empty() {
                upgrade.0.insert(node.unique_id.clone(), arguments);
            }
        }
        Ok(upgrade)
    }

    /// The arguments that stand in the node's code, where they count.
    pub fn arguments(&self, id: &UniqueId) -> Option<&BTreeMap<String, String>> {
        self.0.get(id)
    }
}

/// Nodes with code and a configuration.
fn is_upgraded(node: &Node) -> bool {
    let is_empty = |field| node.value(field).is_none_or(|value| !value.is_truthy());
    !is_plain_test(node)
        && node.resource_type != ResourceType::Function
        && super::is_stored_in_nodes(node.resource_type)
        && !is_empty(Field::UnrenderedConfig)
        && !is_empty(Field::RawCode)
}

fn is_plain_test(node: &Node) -> bool {
    let macros = node.value(Field::DependsOnMacros);
    let called = macros.as_ref().map(Value::items).unwrap_or_default();
    node.resource_type == ResourceType::Test
        && matches!(called, [only] if only.as_text().is_some_and(|id| PLAIN_TESTS.contains(&id)))
}
