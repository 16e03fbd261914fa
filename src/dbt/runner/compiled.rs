//! The compiled runner (experimental): from the manifest's compiled SQL to the statements that build the deployment side.
//!
//! It does what dbt-materialize's materializations do, for the kinds that need nothing but SQL, and names every model that it
//! can't build instead of building something else.

mod order;

use self::order::in_dependency_order;
use super::rewrite::{self, RewriteError};
use crate::dbt::{
    json::Value,
    manifest::{Node, ResourceType, UniqueId},
};
use crate::domain::{
    environment::{Environment, NamePair},
    name::{Identifier, InvalidIdentifier, QualifiedName},
    object::ObjectKind,
    plan::{ColumnText, IndexDefinition, Statement, ViewOption},
    project::Materialization,
    rendered::{
        ClusterName, ClusterUse, Decider, Deciders, RenderedCluster, RenderedName, RenderedRelation,
    },
};
pub use request::{BuildRequest, ExistingRelation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What builds one selected model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltModel {
    pub unique_id: UniqueId,
    /// Its name on the production side.
    pub relation: QualifiedName,
    pub statements: Vec<Statement>,
    /// Where the statements put it.
    pub rendered: RenderedRelation,
}

/// A model that this runner can't build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub unique_id: UniqueId,
    pub reason: RefusalReason,
}

/// Why this runner can't build a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusalReason {
    #[error("it is materialized as `{0}`")]
    Materialization(String),
    #[error("it is written in {0}")]
    Language(String),
    #[error("the manifest has no compiled SQL for it; run `dbt compile`")]
    NotCompiled,
    #[error("it has a {0}, which only dbt runs")]
    Hook(&'static str),
    #[error("it has an enforced contract, which only dbt checks")]
    Contract,
    #[error("its schema `{0}` is not part of the deployment")]
    Schema(Identifier),
    #[error("neither it, an index of its, nor the profile names a cluster")]
    NoCluster,
    #[error("its configuration `{0}` can't be read")]
    Configuration(&'static str),
    #[error("{0}")]
    Name(#[from] InvalidIdentifier),
    #[error(transparent)]
    Sql(#[from] RewriteError),
}

/// The whole build, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compiled {
    /// What makes room: the last relation that depends on others goes first.
    pub drops: Vec<Statement>,
    /// Each after those that it reads.
    pub models: Vec<BuiltModel>,
    pub refusals: Vec<Refusal>,
}

impl Compiled {
    /// Drops, then models, each with its indexes and comments.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let models = self.models.iter().flat_map(|model| &model.statements);
        self.drops.iter().chain(models).cloned().collect()
    }
}

/// Builds the selected models. Sources, sinks, ephemeral models, tests and whatever else `dbt run` with dbt's deploy flow
/// leaves out is left out here too.
#[must_use]
pub fn build(order: &BuildRequest<'_>) -> Compiled {
    let names = Names::of(order);
    let mut compiled = Compiled::default();
    for node in in_dependency_order(order) {
        match names.model(node) {
            Ok(model) => {
                compiled.drops.extend(names.drop_of(&model));
                compiled.models.push(model);
            }
            Err(reason) => compiled.refusals.push(Refusal {
                unique_id: node.unique_id.clone(),
                reason,
            }),
        }
    }
    compiled.drops.reverse();
    compiled
}

/// The names of both sides.
struct Names<'a> {
    order: &'a BuildRequest<'a>,
    /// Relations of the project that have a twin: what `ref` can point to.
    twins: BTreeMap<QualifiedName, QualifiedName>,
}

impl<'a> Names<'a> {
    fn of(order: &'a BuildRequest<'a>) -> Self {
        let refable = order.manifest.nodes().iter().filter(|node| {
            matches!(
                node.resource_type,
                ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot
            )
        });
        let twins = refable.filter_map(|node| {
            let production = relation(node).ok()?;
            let deployment = twin(order.environment, &production)?;
            Some((production, deployment))
        });
        Self {
            order,
            twins: twins.collect(),
        }
    }

    fn model(&self, node: &Node) -> Result<BuiltModel, RefusalReason> {
        let config = node.config().unwrap_or(Value::Null);
        let kind = kind(node, &config)?;
        let production = relation(node)?;
        let name = self
            .twins
            .get(&production)
            .ok_or_else(|| RefusalReason::Schema(production.schema.clone()))?;
        let compiled = node.compiled_code().ok_or(RefusalReason::NotCompiled)?;
        let query = rewrite::relations(&compiled, |name| self.twins.get(name).cloned())?;
        let query = query.trim();
        let own_cluster = node.cluster().map(|name| self.cluster(&name)).transpose()?;
        let default_cluster = self
            .order
            .default_cluster
            .map(|name| self.deployment_cluster(name));
        let cluster = own_cluster.or(default_cluster);
        let create = match (&kind, &cluster) {
            (ObjectKind::View, _) => Statement::create_view(name, query),
            (_, Some(cluster)) => {
                let options = view_options(&config)?;
                Statement::create_materialized_view(name, cluster, &options, query)
            }
            (_, None) => return Err(RefusalReason::NoCluster),
        };
        let mut statements = vec![create];
        let mut clusters = Vec::new();
        if kind != ObjectKind::View {
            clusters.extend(
                cluster
                    .as_ref()
                    .map(|name| (ClusterUse::Relation, name.clone())),
            );
        }
        for index in node.indexes() {
            let index = self.index(&index, name, cluster.as_ref())?;
            statements.push(Statement::create_index(&index));
            clusters.push((ClusterUse::Index, index.cluster));
        }
        statements.extend(comments(node, &kind, name)?);
        Ok(BuiltModel {
            rendered: rendered(node, name, clusters),
            unique_id: node.unique_id.clone(),
            relation: production,
            statements,
        })
    }

    fn drop_of(&self, model: &BuiltModel) -> Option<Statement> {
        let name = self.twins.get(&model.relation)?;
        let existing = self.order.existing.get(name)?;
        Some(Statement::drop_relation_if_exists(
            &existing.kind,
            name,
            existing.cascade,
        ))
    }

    fn index(
        &self,
        config: &Value,
        on: &QualifiedName,
        cluster: Option<&Identifier>,
    ) -> Result<IndexDefinition, RefusalReason> {
        let text = |key| config.get(key).and_then(Value::as_text);
        let own_cluster = text("cluster").map(|name| self.cluster(name)).transpose()?;
        let is_default = config.get("default").is_some_and(Value::is_truthy);
        let columns = columns(config.get("columns"), "indexes")?;
        if columns.is_empty() && !is_default {
            return Err(RefusalReason::Configuration("indexes"));
        }
        Ok(IndexDefinition {
            name: text("name").map(Identifier::new).transpose()?,
            cluster: own_cluster
                .or_else(|| cluster.cloned())
                .ok_or(RefusalReason::NoCluster)?,
            on: on.clone(),
            columns: (!is_default).then_some(columns),
        })
    }

    fn cluster(&self, name: &str) -> Result<Identifier, InvalidIdentifier> {
        Ok(self.deployment_cluster(&Identifier::new(name)?))
    }

    /// The twin of a cluster of the deployment; another cluster as it is.
    fn deployment_cluster(&self, name: &Identifier) -> Identifier {
        deployment_name(&self.order.environment.clusters, name)
            .unwrap_or(name)
            .clone()
    }
}

/// Where a model's statements put it, as names that the server is sent in quotes.
fn rendered(
    node: &Node,
    name: &QualifiedName,
    clusters: Vec<(ClusterUse, Identifier)>,
) -> RenderedRelation {
    let by = |words: &str| Decider {
        words: words.to_owned(),
        is_overridden: false,
    };
    let named = clusters.into_iter().map(|(of, name)| RenderedCluster {
        of,
        name: ClusterName::Named(name.quoted()),
    });
    RenderedRelation {
        id: node.unique_id.to_string(),
        place: Some(RenderedName {
            database: name.database.to_string(),
            schema: name.schema.to_string(),
            name: name.name.to_string(),
        }),
        planned: None,
        clusters: named.collect(),
        by: Arc::new(Deciders {
            database: by("the compiled manifest"),
            schema: by("the compiled manifest"),
            name: by("the compiled manifest"),
            cluster: by("the model's `cluster`, or the profile's,"),
        }),
    }
}

fn deployment_name<'a>(pairs: &'a [NamePair], production: &Identifier) -> Option<&'a Identifier> {
    // Under strategy `targets` the sides turn round with every promote, and the manifest may name either.
    let pair = pairs
        .iter()
        .find(|pair| pair.side_of(production).is_some())?;
    Some(&pair.deployment)
}

fn twin(environment: &Environment, production: &QualifiedName) -> Option<QualifiedName> {
    if production.database != environment.database {
        return None;
    }
    Some(QualifiedName {
        schema: deployment_name(&environment.schemas, &production.schema)?.clone(),
        ..production.clone()
    })
}

fn relation(node: &Node) -> Result<QualifiedName, InvalidIdentifier> {
    let part = |text: Option<std::borrow::Cow<'_, str>>| Identifier::new(text.unwrap_or_default());
    Ok(QualifiedName {
        database: part(node.database())?,
        schema: part(node.schema())?,
        name: part(node.alias().or_else(|| Some(node.name())))?,
    })
}

/// What the model becomes, when this runner can make it. dbt-materialize makes a materialized view of a `table`.
fn kind(node: &Node, config: &Value) -> Result<ObjectKind, RefusalReason> {
    let file = node.path();
    if file.ends_with(".py") {
        return Err(RefusalReason::Language("Python".to_owned()));
    }
    for hook in ["pre-hook", "post-hook"] {
        if config.get(hook).is_some_and(Value::is_truthy) {
            return Err(RefusalReason::Hook(hook));
        }
    }
    let contract = config
        .get("contract")
        .and_then(|contract| contract.get("enforced"));
    if contract.is_some_and(Value::is_truthy) {
        return Err(RefusalReason::Contract);
    }
    match node.materialized() {
        Some(Materialization::View) => Ok(ObjectKind::View),
        Some(
            Materialization::MaterializedView
            | Materialization::OldMaterializedView
            | Materialization::Table,
        ) => Ok(ObjectKind::MaterializedView),
        other => Err(RefusalReason::Materialization(
            other.map_or_else(|| "nothing".to_owned(), String::from),
        )),
    }
}

fn view_options(config: &Value) -> Result<Vec<ViewOption>, RefusalReason> {
    let mut options = Vec::new();
    if let Some(refresh) = config
        .get("refresh_interval")
        .filter(|value| value.is_truthy())
    {
        let text = |key| refresh.get(key).and_then(Value::as_text).map(str::to_owned);
        let is_set = |key| refresh.get(key).is_some_and(Value::is_truthy);
        options.extend(text("at").map(ViewOption::RefreshAt));
        options.extend(is_set("at_creation").then_some(ViewOption::RefreshAtCreation));
        options.extend(text("every").map(|interval| ViewOption::RefreshEvery {
            interval,
            aligned_to: text("aligned_to"),
        }));
        options.extend(is_set("on_commit").then_some(ViewOption::RefreshOnCommit));
        if options.is_empty() {
            return Err(RefusalReason::Configuration("refresh_interval"));
        }
    }
    if let Some(partition) = config.get("partition_by").filter(|value| value.is_truthy()) {
        options.push(ViewOption::PartitionBy(columns(
            Some(partition),
            "partition_by",
        )?));
    }
    if let Some(period) = config
        .get("retain_history")
        .filter(|value| value.is_truthy())
    {
        let period = period
            .as_text()
            .ok_or(RefusalReason::Configuration("retain_history"))?;
        options.push(ViewOption::RetainHistory(period.to_owned()));
    }
    Ok(options)
}

/// The columns of a list, or of a single text.
fn columns(value: Option<&Value>, key: &'static str) -> Result<Vec<ColumnText>, RefusalReason> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Text(text)) => Ok(vec![ColumnText::read(text)]),
        Some(list) => {
            let texts = list
                .items()
                .iter()
                .map(|item| item.as_text().map(ColumnText::read));
            let columns: Option<Vec<ColumnText>> = texts.collect();
            columns
                .filter(|columns| !columns.is_empty())
                .ok_or(RefusalReason::Configuration(key))
        }
    }
}

/// dbt leaves out a described column that does not exist; here the server refuses it.
fn comments(
    node: &Node,
    kind: &ObjectKind,
    name: &QualifiedName,
) -> Result<Vec<Statement>, InvalidIdentifier> {
    let docs = node.persist_docs();
    let description = node.description();
    let mut comments = Vec::new();
    if docs.relation && !description.is_empty() {
        comments.push(Statement::comment_on_relation(kind, name, &description));
    }
    if docs.columns {
        let described = node
            .column_descriptions()
            .into_iter()
            .filter(|(_, text)| !text.is_empty());
        for (column, text) in described {
            let column = Identifier::new(column.to_lowercase())?;
            comments.push(Statement::comment_on_column(name, &column, &text));
        }
    }
    Ok(comments)
}

mod request;
#[cfg(test)]
mod tests;
