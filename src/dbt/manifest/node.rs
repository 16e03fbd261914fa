//! One node of the graph, read on demand.

use super::field::Field;
use super::fields::Fields;
use super::macros::ids;
use super::{ResourceType, UniqueId};
use crate::dbt::json::{Reader, Value};
use crate::domain::project::Materialization;
use std::borrow::Cow;
use std::sync::Arc;

/// A model, seed, snapshot, test, analysis, hook, source, exposure, metric, unit test, semantic model, saved query or
/// function. Holds its part of the manifest as it is spelled there; every accessor decodes when it is called.
#[derive(Debug, Clone)]
pub struct Node {
    pub unique_id: UniqueId,
    pub resource_type: ResourceType,
    fields: Arc<Fields>,
}

impl Node {
    pub(super) fn new(unique_id: UniqueId, fields: Fields) -> Self {
        Self {
            unique_id,
            resource_type: ResourceType::Model,
            fields: Arc::new(fields),
        }
    }

    /// The whole node as the manifest spells it.
    #[must_use]
    pub fn spelled(&self) -> &str {
        self.fields.text()
    }

    /// Whether both are spelled alike because one was read beside the other. `false` says nothing.
    #[must_use]
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.fields, &other.fields)
    }

    /// Puts what an older version wrote in one field in another, where it wrote it.
    pub(super) fn rename(&mut self, old: Field, new: Field) {
        Arc::make_mut(&mut self.fields).rename(old, new);
    }

    /// The field as the manifest spells it, or `None` where the manifest lacks it.
    #[must_use]
    pub fn written(&self, field: Field) -> Option<&str> {
        self.fields.get(field)
    }

    /// The field's value, or `None` where the manifest lacks it.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<Value> {
        self.written(field)
            .and_then(|text| Reader::parse(text).ok())
    }

    /// The field's text, or `None` where it is missing or no text.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        self.written(field)
            .and_then(|text| Reader::new(text).string().ok())
    }

    fn text_or_empty(&self, field: Field) -> Cow<'_, str> {
        self.text(field).unwrap_or_default()
    }

    /// The texts of a list; a lone text counts as a list of one, as dbt reads tags.
    fn texts(&self, field: Field) -> Vec<String> {
        let texts = |value: &Value| value.as_text().map(str::to_owned);
        match self.value(field) {
            Some(Value::Text(text)) => vec![text.into()],
            Some(list) => list.items().iter().filter_map(texts).collect(),
            None => Vec::new(),
        }
    }

    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::Name)
    }

    #[must_use]
    pub fn package(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::PackageName)
    }

    /// The path below the configured folder (`marts/orders.sql`).
    #[must_use]
    pub fn path(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::Path)
    }

    /// The path below the project or, for a package's node, below the package (`models/marts/orders.sql`).
    #[must_use]
    pub fn original_file_path(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::OriginalFilePath)
    }

    /// The properties file, as `package://models/marts.yml`.
    #[must_use]
    pub fn patch_path(&self) -> Option<Cow<'_, str>> {
        self.text(Field::PatchPath)
    }

    /// Package, folders and name; versioned models end in `v1`.
    #[must_use]
    pub fn fqn(&self) -> Vec<String> {
        self.texts(Field::Fqn)
    }

    #[must_use]
    pub fn alias(&self) -> Option<Cow<'_, str>> {
        self.text(Field::Alias)
    }

    /// The schema that dbt rendered, deployment suffix included where the parse had it.
    #[must_use]
    pub fn schema(&self) -> Option<Cow<'_, str>> {
        self.text(Field::Schema)
    }

    #[must_use]
    pub fn database(&self) -> Option<Cow<'_, str>> {
        self.text(Field::Database)
    }

    /// The quoted full name, where the node is a relation.
    #[must_use]
    pub fn relation_name(&self) -> Option<Cow<'_, str>> {
        self.text(Field::RelationName)
    }

    /// The SQL before Jinja.
    #[must_use]
    pub fn raw_code(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::RawCode)
    }

    /// Whether there is more than white space before Jinja: dbt never runs a model without SQL.
    #[must_use]
    pub fn has_code(&self) -> bool {
        // Most begin with a letter, which saves decoding them whole.
        let begins = |text: &str| text.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
        self.written(Field::RawCode).is_some_and(begins) || !self.raw_code().trim().is_empty()
    }

    /// The SQL after Jinja; only manifests of `dbt compile`, `run` and the like have it.
    #[must_use]
    pub fn compiled_code(&self) -> Option<Cow<'_, str>> {
        self.text(Field::CompiledCode)
    }

    #[must_use]
    pub fn description(&self) -> Cow<'_, str> {
        self.text_or_empty(Field::Description)
    }

    /// The description of each column by name, in the manifest's order; columns without one have the empty text.
    #[must_use]
    pub fn column_descriptions(&self) -> Vec<(String, String)> {
        let mut columns = Vec::new();
        if let Some(text) = self.written(Field::Columns) {
            let read = Reader::new(text).object(|reader, key| {
                let column = reader.value()?;
                let description = column.get("description").and_then(Value::as_text);
                columns.push((key.to_owned(), description.unwrap_or_default().to_owned()));
                Ok::<_, crate::dbt::json::Malformed>(())
            });
            debug_assert!(read.is_ok(), "the span was checked when it was read");
        }
        columns
    }

    #[must_use]
    pub fn materialized(&self) -> Option<Materialization> {
        self.text(Field::Materialized)
            .map(|word| Materialization::from(word.as_ref()))
    }

    /// The cluster configured for the node, rendered.
    #[must_use]
    pub fn cluster(&self) -> Option<Cow<'_, str>> {
        self.text(Field::Cluster)
    }

    /// The indexes configured for the node: a list of objects, as dbt-materialize takes them.
    #[must_use]
    pub fn indexes(&self) -> Vec<Value> {
        match self.value(Field::Indexes) {
            Some(Value::List(items)) => items,
            _ => Vec::new(),
        }
    }

    /// Whether dbt writes descriptions of the relation and of its columns into the database.
    #[must_use]
    pub fn persist_docs(&self) -> PersistDocs {
        let docs = self.value(Field::PersistDocs);
        let wants = |key| docs.as_ref().and_then(|docs| docs.get(key));
        PersistDocs {
            relation: wants("relation").is_some_and(Value::is_truthy),
            columns: wants("columns").is_some_and(Value::is_truthy),
        }
    }

    /// The rendered configuration as a whole.
    #[must_use]
    pub fn config(&self) -> Option<Value> {
        self.value(Field::Config)
    }

    /// Whether the node's own configuration names a database.
    #[must_use]
    pub fn names_its_database(&self) -> bool {
        let config = self.config();
        let database = config.as_ref().and_then(|config| config.get("database"));
        database.and_then(Value::as_text).is_some()
    }

    /// Unit tests have their tags in the configuration, everything else beside it.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        if self.resource_type == ResourceType::UnitTest {
            self.texts(Field::ConfigTags)
        } else {
            self.texts(Field::Tags)
        }
    }

    /// The checksum of the node's file (of the definition, for a unit test).
    #[must_use]
    pub fn checksum(&self) -> Option<Cow<'_, str>> {
        self.text(Field::ChecksumValue)
            .or_else(|| self.text(Field::Checksum))
    }

    /// Disabled nodes are no members of the graph.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.resource_type == ResourceType::Exposure
            || self.written(Field::Enabled) != Some("false")
    }

    #[must_use]
    pub fn is_generic_test(&self) -> bool {
        self.resource_type == ResourceType::Test && self.written(Field::TestMetadata).is_some()
    }

    /// The version of a versioned model.
    #[must_use]
    pub fn version(&self) -> Option<Value> {
        let is_model = self.resource_type == ResourceType::Model;
        self.value(Field::Version)
            .filter(|version| is_model && !matches!(version, Value::Null))
    }

    /// When the model is to be gone.
    #[must_use]
    pub fn deprecation(&self) -> Option<Deprecation> {
        self.text(Field::DeprecationDate)
            .and_then(|text| Deprecation::parse(&text))
    }

    /// The parents in the graph. Seeds and sources have none, whatever the manifest says, as in dbt.
    #[must_use]
    pub fn depends_on_nodes(&self) -> Vec<UniqueId> {
        match self.resource_type {
            ResourceType::Seed | ResourceType::Source => Vec::new(),
            _ => self
                .value(Field::DependsOnNodes)
                .map(|list| ids(&list).into_iter().flatten().collect())
                .unwrap_or_default(),
        }
    }

    /// The macros that the node calls; `None` where dbt found no such macro.
    #[must_use]
    pub fn depends_on_macros(&self) -> Vec<Option<UniqueId>> {
        match self.written(Field::DependsOnMacros) {
            None | Some("[]") => Vec::new(),
            Some(_) if self.resource_type == ResourceType::Source => Vec::new(),
            Some(_) => self
                .value(Field::DependsOnMacros)
                .map(|list| ids(&list))
                .unwrap_or_default(),
        }
    }
}

/// When a model is to be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deprecation {
    At(jiff::Timestamp),
    /// Without an offset: Python never takes it for equal to a time that has one.
    Local(jiff::civil::DateTime),
}

impl Deprecation {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let at = text.parse().ok().map(Self::At);
        at.or_else(|| text.parse().ok().map(Self::Local))
    }

    /// Whether the moment has passed; a local time is taken as UTC.
    #[must_use]
    pub fn is_past(self, now: jiff::Timestamp) -> bool {
        match self {
            Self::At(at) => at < now,
            Self::Local(local) => local
                .to_zoned(jiff::tz::TimeZone::UTC)
                .is_ok_and(|local| local.timestamp() < now),
        }
    }
}

/// What dbt writes into the database's comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PersistDocs {
    pub relation: bool,
    pub columns: bool,
}
