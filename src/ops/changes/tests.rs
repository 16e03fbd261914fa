use super::*;
use crate::domain::environment::Side;
use crate::domain::fixture::World;
use crate::domain::object::ObjectKind;
use crate::domain::record::DeploymentRole;
use crate::ops::project::Manifests;
use serde_json::{Value, json};
use std::path::Path;

fn model(name: &str, compiled: &str, reads: &[&str]) -> Value {
    json!({
        "unique_id": format!("model.shop.{name}"), "resource_type": "model", "package_name": "shop", "name": name,
        "alias": name, "schema": "prod", "database": "db", "path": format!("{name}.sql"),
        "original_file_path": format!("models/{name}.sql"), "fqn": ["shop", name], "raw_code": compiled,
        "compiled_code": compiled, "config": {"materialized": if name == "bar" { "view" } else { "materialized_view" }},
        "unrendered_config": {"cluster": if compiled.contains('2') { "other" } else { "compute" }},
        "depends_on": {"nodes": reads.iter().map(|read| format!("model.shop.{read}")).collect::<Vec<_>>(), "macros": []},
    })
}

fn manifest(models: &[Value]) -> Arc<Manifest> {
    let nodes: serde_json::Map<String, Value> = models
        .iter()
        .map(|model| {
            (
                model["unique_id"].as_str().unwrap().to_owned(),
                model.clone(),
            )
        })
        .collect();
    let text = json!({
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "project_name": "shop"},
        "nodes": nodes, "sources": {}, "macros": {}, "exposures": {}, "metrics": {}, "disabled": {}, "semantic_models": {},
        "saved_queries": {}, "unit_tests": {}, "groups": {}, "docs": {}, "selectors": {},
    });
    Arc::new(Manifest::parse(text.to_string().as_bytes(), Path::new("manifest.json")).unwrap())
}

const FOO: &str = "SELECT a FROM t WHERE kind = 'warm'";

fn before() -> Vec<Value> {
    vec![
        model("foo", FOO, &[]),
        model("bar", "SELECT 1 AS one", &["foo"]),
        model("foobar", "SELECT one FROM bar", &["bar"]),
    ]
}

/// `bar` modified, `foobar` reads it, `mood` is new and reads `foobar`.
fn after() -> Vec<Value> {
    vec![
        model("foo", FOO, &[]),
        model("bar", "SELECT 2 AS one", &["foo"]),
        model("foobar", "SELECT one FROM bar", &["bar"]),
        model("mood", "SELECT 3 AS mood", &["foobar"]),
    ]
}

/// Both sides hold what the manifests say that they hold.
fn world() -> World {
    let mut world = World::new();
    world.record(Side::Production, DeploymentRole::Production, true);
    for side in [Side::Production, Side::Deployment] {
        live(&mut world, side, "foo", FOO);
        live(&mut world, side, "bar", "SELECT 1 AS one");
        live(&mut world, side, "foobar", "SELECT one FROM bar");
    }
    world
}

fn live(world: &mut World, side: Side, name: &str, query: &str) {
    let id = world.id(side, name);
    let object = world.catalog().objects.get_mut(&id).unwrap();
    let kind = object.kind.keyword();
    let sql = format!("CREATE {kind} \"db\".\"prod\".\"{name}\" AS {query}");
    object.create_sql = Some(sql.into());
}

struct Look {
    production: Option<Arc<Manifest>>,
    deployment: Option<Arc<Manifest>>,
    candidate: Arc<Manifest>,
}

impl Look {
    /// Production and the deployment side hold `before`.
    fn at(candidate: &[Value]) -> Self {
        let before = manifest(&before());
        Self {
            production: Some(Arc::clone(&before)),
            deployment: Some(before),
            candidate: manifest(candidate),
        }
    }

    fn compare(&self, world: &World) -> (String, Vec<ChangedNode>) {
        let observation = Observation {
            board: world.board().into(),
            access: world.access.clone(),
            clusters: Vec::new(),
            ours: None,
            ancestry: world.ancestry,
            known: crate::domain::whole::ProjectKnowledge::default(),
            manifests: Manifests {
                candidate: Some(Arc::clone(&self.candidate)),
                production: self.production.clone(),
                deployment: self.deployment.clone(),
                said: None,
            },
        };
        let options = CompareOptions {
            compare_unrendered: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        compare(&observation, &self.candidate, options).unwrap()
    }

    fn nodes(&self, world: &World) -> Vec<ChangedNode> {
        self.compare(world).1
    }

    fn node(&self, world: &World, name: &str) -> ChangedNode {
        let mut nodes = self.nodes(world).into_iter();
        nodes.find(|node| node.name == name).unwrap()
    }
}

#[test]
fn a_node_tells_why_it_is_there_and_what_comes_of_it() {
    let look = Look::at(&after());
    let nodes = look.nodes(&world());
    let told: Vec<_> = nodes
        .iter()
        .map(|node| (&*node.name, node.change))
        .collect();
    assert_eq!(
        told,
        [
            ("bar", ModelChange::Modified),
            ("foobar", ModelChange::Downstream),
            ("mood", ModelChange::New)
        ]
    );
    let bar = &nodes[0];
    assert_eq!(
        bar.reasons.join("; "),
        "body; config cluster: \"compute\" -> \"other\""
    );
    assert_eq!(bar.dependents, ["model.shop.foobar"]);
    assert_eq!(bar.raw.before.as_deref(), Some("SELECT 1 AS one"));
    assert_eq!(bar.compiled.after.as_deref(), Some("SELECT 2 AS one"));
    let config = ConfigChange {
        key: "cluster".to_owned(),
        before: Some("\"compute\"".to_owned()),
        after: Some("\"other\"".to_owned()),
    };
    assert_eq!(bar.config, [config]);
    assert_eq!(nodes[1].path, ["model.shop.bar", "model.shop.foobar"]);
    assert_eq!(nodes[2].raw.before, None);
    assert_eq!(nodes[2].relation.as_ref().unwrap().0.as_str(), "prod");
}

#[test]
fn a_removed_node_names_what_still_reads_it() {
    let gone = [
        before().remove(0),
        model("foobar", "SELECT one FROM bar", &["bar"]),
    ];
    let mut world = world();
    let look = Look::at(&gone);
    let bar = look.node(&world, "bar");
    assert_eq!(bar.change, ModelChange::Removed);
    assert_eq!(bar.dependents, ["model.shop.foobar"]);
    assert_eq!(
        bar.in_deployment,
        "removed from the project, still in green"
    );
    world.remove(&world.id(Side::Deployment, "bar"));
    assert_eq!(look.node(&world, "bar").in_deployment, "only in blue");
}

#[test]
fn each_side_is_told_by_what_stands_there_and_where_it_came_from() {
    let mut world = world();
    let mut look = Look::at(&after());
    let old = look.production.as_ref().unwrap().hash().to_string();
    let bar = look.node(&world, "bar");
    assert_eq!(
        bar.in_production,
        format!("view in blue from manifest {old}")
    );
    assert_eq!(
        bar.in_deployment,
        format!("modified, not yet in green (there from manifest {old})")
    );
    let mood = look.node(&world, "mood");
    assert_eq!(
        (&*mood.in_production, &*mood.in_deployment),
        ("not in blue", "new, not yet in green")
    );

    look.deployment = Some(Arc::clone(&look.candidate));
    let new = look.candidate.hash().to_string();
    world.add(Side::Deployment, "mood", ObjectKind::MaterializedView, &[]);
    for name in ["bar", "foobar", "mood"] {
        let in_deployment = look.node(&world, name).in_deployment;
        assert_eq!(
            in_deployment,
            format!("in green from manifest {new}"),
            "{name}"
        );
    }

    look.deployment = None;
    assert_eq!(
        look.node(&world, "bar").in_deployment,
        "in green, of unknown origin"
    );
    world.remove(&world.id(Side::Deployment, "bar"));
    assert_eq!(
        look.node(&world, "bar").in_deployment,
        "modified, not yet in green"
    );
    world.remove(&world.id(Side::Deployment, "foobar"));
    assert_eq!(look.node(&world, "foobar").in_deployment, "only in blue");
}

#[test]
fn without_productions_manifest_nothing_is_compared_and_the_reason_said() {
    let mut look = Look::at(&after());
    look.production = None;
    let (phrase, nodes) = look.compare(&world());
    assert!(nodes.is_empty());
    assert!(
        phrase.starts_with("nothing: production's manifest 0123456789ab is not"),
        "{phrase}"
    );
}

#[test]
fn a_hotfix_by_hand_is_found_on_an_unmodified_model() {
    let look = Look::at(&after());
    let mut world = world();
    live(
        &mut world,
        Side::Production,
        "foo",
        "SELECT \"a\" FROM \"t\" WHERE \"kind\" = 'hot'",
    );
    let foo = look.node(&world, "foo");
    assert_eq!(foo.change, ModelChange::Drifted);
    let drift = foo.drift.unwrap();
    assert!(drift.starts_with("blue is not what manifest"), "{drift}");
    assert!(
        drift.contains("'hot'") && drift.ends_with("a promote would revert it"),
        "{drift}"
    );
}

#[test]
fn a_hotfix_without_constants_shows_against_the_twin() {
    let look = Look::at(&after());
    let mut world = world();
    live(
        &mut world,
        Side::Production,
        "foobar",
        "SELECT \"one\", \"two\" FROM \"bar\"",
    );
    live(
        &mut world,
        Side::Deployment,
        "foobar",
        "SELECT \"one\" FROM \"bar\"",
    );
    let drift = look.node(&world, "foobar").drift.unwrap();
    assert!(drift.starts_with("blue was changed by hand"), "{drift}");
    // Where the two sides recorded different versions, a difference is no drift.
    let look = Look {
        deployment: Some(Arc::clone(&look.candidate)),
        ..look
    };
    live(&mut world, Side::Deployment, "bar", "SELECT 2 AS \"one\"");
    assert_eq!(look.node(&world, "bar").drift, None);
}

#[test]
fn there_is_no_drift_without_a_deviation_nor_while_a_deployment_is_unfinished() {
    let look = Look::at(&after());
    let mut world = world();
    assert!(look.nodes(&world).iter().all(|node| node.drift.is_none()));
    live(&mut world, Side::Deployment, "foo", "SELECT 'other'");
    assert!(look.node(&world, "foo").drift.is_some());
    world.record(Side::Deployment, DeploymentRole::Candidate, false);
    assert!(look.nodes(&world).iter().all(|node| node.drift.is_none()));
}
