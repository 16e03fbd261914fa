//! From the bytes of a file to a [`Manifest`], older versions brought up to the newest as dbt does it.

use super::error::{ManifestProblem, NEWEST_VERSION, OLDEST_VERSION};
use super::field::Field;
use super::macros::ids;
use super::{Macro, Manifest, ManifestHash, Metadata, Node, ResourceType, UniqueId};
use crate::dbt::json::{Kind, Malformed, Reader, Span, Value};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

/// The sections that hold nodes, in the order in which dbt looks at them.
const SECTIONS: [&str; 8] = [
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "unit_tests",
    "semantic_models",
    "saved_queries",
    "functions",
];
const NODES: usize = 0;
const METRICS: usize = 3;

/// Sections that every manifest has.
const ALWAYS: [&str; 5] = ["nodes", "sources", "macros", "exposures", "metrics"];
/// Sections that dbt adds to older manifests, and misses in a v12.
const SINCE_V12: [&str; 3] = ["unit_tests", "semantic_models", "saved_queries"];

/// Metrics of these and older manifests are of another kind; dbt drops them.
const LAST_VERSION_WITH_OLD_METRICS: u32 = 9;

pub(super) fn manifest(bytes: Vec<u8>) -> Result<Manifest, ManifestProblem> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(ManifestProblem::TooLarge);
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| ManifestProblem::NotJson(error.utf8_error().to_string()))?;
    let hash = ManifestHash::of(text.as_bytes());
    let mut sections = Sections {
        document: text.into(),
        ..Sections::default()
    };
    sections.read()?;
    let version = sections.version()?;
    sections.upgrade(version);
    sections.check(version)?;
    Ok(sections.into_manifest(hash))
}

/// What the file holds, section by section, before anything is judged: the version may stand behind the nodes.
#[derive(Default)]
struct Sections {
    document: Arc<str>,
    metadata: Metadata,
    nodes: [Vec<Node>; SECTIONS.len()],
    macros: Vec<Macro>,
    disabled: HashMap<UniqueId, Node>,
    selectors: Option<Value>,
    found: Vec<&'static str>,
    /// The first thing that can't be compared, reported once the version is known to be a readable one.
    problem: Option<ManifestProblem>,
}

impl Sections {
    fn read(&mut self) -> Result<(), ManifestProblem> {
        let document = Arc::clone(&self.document);
        let mut reader = Reader::new(&document);
        if reader.peek() != Kind::Object {
            reader.skip()?;
            reader.finish()?;
            return Err(ManifestProblem::NotJson("it holds no object".to_owned()));
        }
        reader.object(|reader, key| self.section(reader, key))?;
        reader.finish()?;
        Ok(())
    }

    fn section(&mut self, reader: &mut Reader<'_>, key: &str) -> Result<(), Malformed> {
        if reader.peek() != Kind::Object {
            return reader.skip().map(drop);
        }
        if let Some(section) = SECTIONS.iter().position(|name| *name == key) {
            self.found.push(SECTIONS[section]);
            return self.nodes(reader, section);
        }
        match key {
            "metadata" => self.metadata = Metadata::read(reader)?,
            "macros" => {
                self.found.push("macros");
                self.macros(reader)?;
            }
            "disabled" => self.disabled(reader)?,
            "selectors" => self.selectors = Some(reader.value()?),
            _ => {
                reader.skip()?;
            }
        }
        Ok(())
    }

    fn nodes(&mut self, reader: &mut Reader<'_>, section: usize) -> Result<(), Malformed> {
        reader.object(|reader, id| {
            if let Some(node) = self.node(reader, id)? {
                self.nodes[section].push(node);
            }
            Ok(())
        })
    }

    fn disabled(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        reader.object(|reader, id| {
            if reader.peek() != Kind::List {
                return reader.skip().map(drop);
            }
            reader.list(|reader| {
                if let Some(node) = self.node(reader, id)? {
                    self.disabled.entry(node.unique_id.clone()).or_insert(node);
                }
                Ok(())
            })
        })
    }

    /// Reads a node; `None` (and a problem) where it is nothing that could be one.
    fn node(&mut self, reader: &mut Reader<'_>, id: &str) -> Result<Option<Node>, Malformed> {
        let unique_id = UniqueId::from(id);
        if reader.peek() != Kind::Object {
            self.object_to(&unique_id, "the node", "it is not an object");
            return reader.skip().map(|_| None);
        }
        let spans = spans(reader)?;
        let mut node = Node {
            unique_id,
            resource_type: ResourceType::Model,
            document: Arc::clone(&self.document),
            spans,
        };
        let kind = node.text(Field::ResourceType).unwrap_or_default();
        match ResourceType::from_str(&kind) {
            Ok(kind) => node.resource_type = kind,
            Err(unknown) => self.object_to(&node.unique_id, "resource_type", unknown),
        }
        Ok(Some(node))
    }

    fn macros(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        reader.object(|reader, id| {
            let mut read = Macro {
                unique_id: UniqueId::from(id),
                document: Arc::clone(&self.document),
                sql: Span::default(),
                depends_on: Vec::new(),
                name: Span::default(),
                file: Span::default(),
            };
            if reader.peek() != Kind::Object {
                self.object_to(&read.unique_id, "the macro", "it is not an object");
                return reader.skip().map(drop);
            }
            reader.object(|reader, key| {
                match key {
                    "macro_sql" => read.sql = reader.skip()?,
                    "name" => read.name = reader.skip()?,
                    "original_file_path" => read.file = reader.skip()?,
                    "depends_on" => {
                        let calls = reader.value()?;
                        read.depends_on = calls.get("macros").map(ids).unwrap_or_default();
                    }
                    _ => {
                        reader.skip()?;
                    }
                }
                Ok::<_, Malformed>(())
            })?;
            self.macros.push(read);
            Ok(())
        })
    }

    fn object_to(&mut self, id: &UniqueId, field: &'static str, what: impl ToString) {
        self.problem.get_or_insert_with(|| ManifestProblem::Field {
            id: id.clone(),
            field,
            what: what.to_string(),
        });
    }

    /// The schema version's number.
    fn version(&self) -> Result<u32, ManifestProblem> {
        let Some(found) = &self.metadata.schema_version else {
            return Err(ManifestProblem::NoVersion);
        };
        found
            .strip_prefix("https://schemas.getdbt.com/dbt/manifest/v")
            .and_then(|rest| rest.strip_suffix(".json"))
            .filter(|number| !number.starts_with(['0', '+']))
            .and_then(|number| number.parse().ok())
            .filter(|number| (OLDEST_VERSION..=NEWEST_VERSION).contains(number))
            .ok_or_else(|| ManifestProblem::UnsupportedVersion(found.clone()))
    }

    /// Renames and drops what dbt renames and drops when it reads an older manifest.
    fn upgrade(&mut self, version: u32) {
        if version <= LAST_VERSION_WITH_OLD_METRICS {
            self.nodes[METRICS].clear();
        }
        if version < NEWEST_VERSION {
            let disabled = self.disabled.values_mut();
            for node in self.nodes[NODES].iter_mut().chain(disabled) {
                for (old, new) in [
                    (Field::RawSql, Field::RawCode),
                    (Field::CompiledSql, Field::CompiledCode),
                ] {
                    let span = node.spans[old as usize];
                    if !span.is_empty() {
                        node.spans[new as usize] = span;
                    }
                }
            }
        }
    }

    fn check(&mut self, version: u32) -> Result<(), ManifestProblem> {
        let newer: &[_] = if version < NEWEST_VERSION {
            &[]
        } else {
            &SINCE_V12
        };
        for section in ALWAYS.iter().chain(newer) {
            if !self.found.contains(section) {
                return Err(ManifestProblem::NoSection(section));
            }
        }
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        self.nodes
            .iter()
            .flatten()
            .chain(self.disabled.values())
            .try_for_each(check_shapes)
    }

    fn into_manifest(self, hash: ManifestHash) -> Manifest {
        let nodes: Vec<Node> = self.nodes.into_iter().flatten().collect();
        let at = |(at, id): (usize, &UniqueId)| (id.clone(), at);
        let mut index = HashMap::with_capacity(nodes.len());
        for (position, node) in nodes.iter().enumerate() {
            index.entry(node.unique_id.clone()).or_insert(position);
        }
        let macro_ids = self.macros.iter().map(|m| &m.unique_id).enumerate();
        Manifest {
            macro_index: macro_ids.map(at).collect(),
            macros: self.macros,
            hash,
            project: OnceLock::new(),
            metadata: self.metadata,
            nodes,
            index,
            disabled: self.disabled,
            selectors: self.selectors.unwrap_or(Value::Null),
        }
    }
}

/// Where the fields of a node stand.
fn spans(reader: &mut Reader<'_>) -> Result<[Span; Field::COUNT], Malformed> {
    let mut spans = [Span::default(); Field::COUNT];
    reader.object(|reader, key| {
        let kind = reader.peek();
        let Some(field) = Field::of(key) else {
            return reader.skip().map(drop);
        };
        spans[field as usize] = if kind == Kind::Object {
            reader.object_span(|reader, key| {
                let inner = reader.skip()?;
                if let Some(field) = field.inner(key) {
                    spans[field as usize] = inner;
                }
                Ok::<_, Malformed>(())
            })?
        } else {
            reader.skip()?
        };
        Ok::<_, Malformed>(())
    })?;
    Ok(spans)
}

/// Refuses a node whose fields have no comparable shape, rather than taking it for unmodified.
fn check_shapes(node: &Node) -> Result<(), ManifestProblem> {
    let problem = |field: Field, wanted: &str| ManifestProblem::Field {
        id: node.unique_id.clone(),
        field: field.key(),
        what: format!("it is not {wanted}"),
    };
    for field in Field::SHAPED {
        let shape = field.shape();
        let kind = node.written(*field).map(|text| Reader::new(text).peek());
        if kind.is_some_and(|kind| !shape.admits(kind)) {
            return Err(problem(*field, shape.name()));
        }
    }
    if let Some(Value::Text(date)) = node.value(Field::DeprecationDate) {
        super::node::Deprecation::parse(&date)
            .ok_or_else(|| problem(Field::DeprecationDate, "a date and time"))?;
    }
    Ok(())
}
