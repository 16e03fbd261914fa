//! Whether two manifests are parses of one project: dbt gives each parse another time and id, so their files are never the same.

use super::hash::ProjectHash;
use super::{Field, Manifest, Node};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What no parse decides (SQL that was compiled or not) or what follows from the rest (`depends_on`: dbt gathers the macros of some nodes
/// only when it compiles them, and the nodes in another order each time).
const LEFT_OUT: [Field; 3] = [Field::CompiledCode, Field::CompiledSql, Field::DependsOn];

impl ProjectHash {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let mut hash = Parts(Sha256::new());
        let metadata = manifest.metadata();
        for part in [
            &metadata.schema_version,
            &metadata.dbt_version,
            &metadata.project_name,
            &metadata.adapter_type,
        ] {
            hash.add(part.as_deref().unwrap_or_default());
        }
        // A partial parse keeps another order than a whole one.
        hash.nodes("nodes", manifest.nodes().iter());
        hash.nodes("disabled", manifest.disabled());
        hash.add("macros");
        let macros: BTreeMap<&str, _> = manifest
            .macros()
            .iter()
            .map(|one| (one.unique_id.as_str(), one))
            .collect();
        for (id, one) in macros {
            hash.add(id);
            hash.add(&one.original_file_path());
            hash.add(&one.sql());
        }
        hash.add(&manifest.selectors().to_string());
        let digest = hash.0.finalize();
        Self(
            digest[..6]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}

/// A hash over parts of which none can be taken for the beginning or the end of another.
struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: &str) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part.as_bytes());
    }

    fn nodes<'n>(&mut self, section: &str, nodes: impl Iterator<Item = &'n Node>) {
        self.add(section);
        let nodes: BTreeMap<&str, &Node> =
            nodes.map(|node| (node.unique_id.as_str(), node)).collect();
        for (id, node) in nodes {
            self.add(id);
            self.node(node);
        }
    }

    fn node(&mut self, node: &Node) {
        let fields = Field::OUTER.iter().filter(|it| !LEFT_OUT.contains(it));
        let written: Vec<_> = fields
            .filter_map(|field| Some((*field, node.written(*field)?)))
            .collect();
        self.add(&written.len().to_string());
        for (field, text) in written {
            self.add(field.key());
            // The order of keys means nothing.
            match node.value(field).filter(|_| text.starts_with(['{', '['])) {
                Some(value) => self.add(&value.to_string()),
                None => self.add(text),
            }
        }
        let mut reads: Vec<String> = node
            .depends_on_nodes()
            .iter()
            .map(ToString::to_string)
            .collect();
        reads.sort();
        self.add(&reads.join("\n"));
    }
}
