//! From a file to a [`Manifest`], older versions brought up to the newest as dbt does it.

use super::error::{ManifestProblem, NEWEST_VERSION, OLDEST_VERSION};
use super::field::Field;
use super::fields::Fields;
use super::hash::Hashing;
use super::{Macro, Manifest, ManifestHash, Metadata, Node, ResourceType, UniqueId};
use crate::dbt::json::{Kind, Malformed, Passage, Reader, Stream, Value};
use std::collections::HashMap;
use std::io::Read;
use std::str::FromStr;
use std::sync::OnceLock;

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

/// Nodes that are spelled as in `like` share their text with it: of two manifests of one project little more than one is held.
pub(super) fn manifest(
    from: impl Read,
    like: Option<&Manifest>,
) -> Result<Manifest, ManifestProblem> {
    let mut stream = Stream::new(Hashing::new(from));
    let mut sections = Sections {
        // What an older version calls otherwise has been renamed there.
        like: like.filter(|like| like.version == NEWEST_VERSION),
        ..Sections::default()
    };
    sections.read(&mut stream)?;
    let version = sections.version()?;
    sections.upgrade(version);
    sections.check(version)?;
    Ok(sections.into_manifest(stream.into_inner().hash(), version))
}

/// What the file holds, section by section, before anything is judged: the version may stand behind the nodes.
#[derive(Default)]
struct Sections<'l> {
    like: Option<&'l Manifest>,
    metadata: Metadata,
    nodes: [Vec<Node>; SECTIONS.len()],
    macros: Vec<Macro>,
    disabled: HashMap<UniqueId, Node>,
    selectors: Option<Value>,
    found: Vec<&'static str>,
    /// The first thing that can't be compared, reported once the version is known to be a readable one.
    problem: Option<ManifestProblem>,
}

impl Sections<'_> {
    fn read(&mut self, stream: &mut Stream<impl Read>) -> Result<(), ManifestProblem> {
        if stream.peek()? != Kind::Object {
            stream.skip()?;
            stream.finish()?;
            return Err(ManifestProblem::NotJson("it holds no object".to_owned()));
        }
        stream.object(|stream, key| self.section(stream, key))?;
        stream.finish()?;
        Ok(())
    }

    fn section(
        &mut self,
        stream: &mut Stream<impl Read>,
        key: &str,
    ) -> Result<(), ManifestProblem> {
        if stream.peek()? != Kind::Object {
            return Ok(stream.skip()?);
        }
        if let Some(section) = SECTIONS.iter().position(|name| *name == key) {
            self.found.push(SECTIONS[section]);
            return stream.object(|stream, id| {
                if let Some(node) = self.node(stream, id)? {
                    self.nodes[section].push(node);
                }
                Ok(())
            });
        }
        match key {
            "metadata" => self.metadata = stream.value()?.read(Metadata::read)?,
            "macros" => {
                self.found.push("macros");
                stream.object(|stream, id| self.read_macro(stream, id))?;
            }
            "disabled" => {
                stream.object(|stream, id| {
                    Ok::<_, ManifestProblem>(self.disabled(stream.value()?, id)?)
                })?;
            }
            "selectors" => self.selectors = Some(stream.value()?.read(Reader::value)?),
            _ => stream.skip()?,
        }
        Ok(())
    }

    /// Several where files share a name.
    fn disabled(&mut self, listed: Passage<'_>, id: &str) -> Result<(), Malformed> {
        listed.read(|reader| {
            if reader.peek() != Kind::List {
                return reader.skip().map(drop);
            }
            reader.list(|reader| {
                let text = reader.skip()?.of(listed.text).unwrap_or_default();
                let unique_id = UniqueId::from(id);
                if let Some(node) = self.new_node(unique_id, &mut Reader::new(text), text)? {
                    self.disabled.entry(node.unique_id.clone()).or_insert(node);
                }
                Ok(())
            })
        })
    }

    fn node(
        &mut self,
        stream: &mut Stream<impl Read>,
        id: &str,
    ) -> Result<Option<Node>, ManifestProblem> {
        let unique_id = UniqueId::from(id);
        if let Some(like) = self.like.and_then(|like| like.get(&unique_id))
            && stream.passes(like.spelled())?
        {
            return Ok(Some(like.clone()));
        }
        let passage = stream.value()?;
        Ok(passage.read(|reader| self.new_node(unique_id, reader, passage.text))?)
    }

    /// Reads a node; `None` (and a problem) where it is nothing that could be one.
    fn new_node(
        &mut self,
        unique_id: UniqueId,
        reader: &mut Reader<'_>,
        text: &str,
    ) -> Result<Option<Node>, Malformed> {
        if reader.peek() != Kind::Object {
            self.object_to(&unique_id, "the node", "it is not an object");
            return reader.skip().map(|_| None);
        }
        let fields = Fields::read(reader, text)?;
        let mut node = Node::new(unique_id, fields);
        let kind = node.text(Field::ResourceType).unwrap_or_default();
        match ResourceType::from_str(&kind) {
            Ok(kind) => node.resource_type = kind,
            Err(unknown) => self.object_to(&node.unique_id, "resource_type", unknown),
        }
        Ok(Some(node))
    }

    fn read_macro(
        &mut self,
        stream: &mut Stream<impl Read>,
        id: &str,
    ) -> Result<(), ManifestProblem> {
        let unique_id = UniqueId::from(id);
        if let Some(like) = self.like.and_then(|like| like.get_macro(&unique_id))
            && stream.passes(like.spelled())?
        {
            self.macros.push(like.clone());
            return Ok(());
        }
        if stream.peek()? != Kind::Object {
            self.object_to(&unique_id, "the macro", "it is not an object");
            return Ok(stream.skip()?);
        }
        let passage = stream.value()?;
        let read = passage.read(|reader| Macro::read(unique_id, reader, passage.text))?;
        self.macros.push(read);
        Ok(())
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
                    node.rename(old, new);
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

    fn into_manifest(self, hash: ManifestHash, version: u32) -> Manifest {
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
            version,
            project: OnceLock::new(),
            metadata: self.metadata,
            nodes,
            index,
            disabled: self.disabled,
            selectors: self.selectors.unwrap_or(Value::Null),
        }
    }
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
