//! What init makes of production's clusters.

use super::*;
use crate::domain::access::{DefaultPrivilege, Grantee, Privilege};
use crate::domain::action::Operation;
use crate::domain::background::ClusterDefinition;
use crate::domain::finding::Severity;
use crate::domain::name::Identifier;
use crate::domain::name::RoleId;

/// A world whose deployment side does not exist, and whose production cluster is named and shown so.
fn shown(cluster: &Identifier, options: &str) -> World {
    let mut world = World::new();
    world.catalog().schemas.remove(&SchemaId::user(2));
    world.catalog().clusters.remove(&ClusterId::user(2));
    world
        .catalog()
        .objects
        .retain(|_, object| object.schema != SchemaId::user(2));
    let production = world.catalog().clusters.get_mut(&ClusterId::user(1));
    production.unwrap().name = cluster.clone();
    world.environment.clusters = vec![crate::domain::environment::NamePair {
        production: cluster.clone(),
        deployment: cluster.deployment_twin().unwrap(),
    }];
    world.project = None;
    world.clusters = vec![ClusterDefinition {
        id: ClusterId::user(1),
        create_sql: Some(format!("CREATE CLUSTER {} {options}", cluster.quoted())),
    }];
    world
}

fn planned(world: &World, sizes: &[(&str, &str)], allowed: &[&str]) -> Plan {
    let owned = |(cluster, size): &(&str, &str)| ((*cluster).to_owned(), (*size).to_owned());
    let request = Request {
        sizes: sizes.iter().map(owned).collect(),
        ..allowing(Operation::Init, allowed)
    };
    world.with_inputs(|inputs| init(inputs, &stamp(), &request))
}

fn found(plan: &Plan, id: FindingId) -> &crate::domain::finding::Finding {
    let mut findings = plan.findings.iter();
    findings.find(|finding| finding.id == id).unwrap()
}

#[test]
fn an_init_copies_the_cluster_as_the_server_tells_it() {
    let world = shown(
        &name("compute"),
        "(MANAGED = true, SIZE = '25cc', SCHEDULE = MANUAL)",
    );
    let plan = planned(&world, &[("compute", "100cc")], &[]);
    assert_eq!(plan.findings, []);
    assert_eq!(
        plan.script(),
        [
            "CREATE SCHEMA \"db\".\"prod_dbt_deploy\";",
            "CREATE CLUSTER \"compute_dbt_deploy\" (MANAGED = true, SIZE = '100cc', SCHEDULE = MANUAL);"
        ]
    );
}

#[test]
fn a_cluster_whose_name_looks_like_options_gets_its_own() {
    let hostile = name("c\" (SIZE = '25cc', REPLICATION FACTOR = 0) --");
    let world = shown(&hostile, "(REPLICATION FACTOR = 2, SIZE = '100cc')");
    let plan = planned(&world, &[], &[]);
    assert_eq!(plan.findings, []);
    let twin = hostile.deployment_twin().unwrap().quoted();
    // The semicolon stands on a line of its own, since the name's `--` could be a comment.
    assert_eq!(
        plan.script()[1],
        format!("CREATE CLUSTER {twin} (REPLICATION FACTOR = 2, SIZE = '100cc')\n;")
    );
}

#[test]
fn what_only_the_system_may_set_is_left_out_with_a_warning_that_says_who() {
    let world = shown(
        &name("compute"),
        "(SIZE = '25cc', WORKLOAD CLASS = 'heavy') FEATURES (ENABLE EAGER DELTA JOINS = true)",
    );
    let plan = planned(&world, &[], &[]);
    assert_eq!(blocks(&plan), []);
    assert_eq!(
        plan.script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" (SIZE = '25cc');"
    );
    let finding = found(&plan, FindingId::ClusterOptionsLeftOut);
    assert_eq!(finding.severity, Severity::Warn);
    assert_eq!(
        finding.objects,
        [
            "compute_dbt_deploy: FEATURES (ENABLE EAGER DELTA JOINS = true)",
            "compute_dbt_deploy: WORKLOAD CLASS = 'heavy'"
        ]
    );
    assert!(finding.remedy.contains("`mz_system`"), "{}", finding.remedy);
    assert!(
        finding
            .remedy
            .contains("ALTER CLUSTER \"compute_dbt_deploy\" SET (WORKLOAD CLASS = 'heavy');"),
        "{}",
        finding.remedy
    );
}

#[test]
fn a_burst_is_given_to_the_deployment_side_only() {
    let mut world = shown(&name("compute"), "(SIZE = '25cc')");
    let burst = BurstStrategy {
        size: "1600cc".to_owned(),
        linger: Some("5m".to_owned()),
    };
    let request = Request {
        bursts: Bursts::from([("compute".to_owned(), burst)]),
        ..Request::new(Operation::Init)
    };
    assert_eq!(
        request.command(),
        "cutover init --burst 'compute=1600cc,5m'"
    );
    let plan = |world: &World| world.with_inputs(|inputs| init(inputs, &stamp(), &request));
    world.snapshot.server.version = "v26.39.0".to_owned();
    assert_eq!(
        plan(&world).script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" (AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '1600cc', LINGER DURATION = '5m')), SIZE = '25cc');"
    );
    // The release notes say since when; no older server was asked.
    world.snapshot.server.version = "v26.24.0".to_owned();
    let old = plan(&world);
    assert_eq!(
        old.script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" (SIZE = '25cc');"
    );
    let finding = found(&old, FindingId::ClusterOptionsLeftOut);
    assert!(finding.objects[0].ends_with("which servers before 26.34 do not know"));
    let other = Request {
        bursts: Bursts::from([("elsewhere".to_owned(), request.bursts["compute"].clone())]),
        ..Request::new(Operation::Init)
    };
    let plan = world.with_inputs(|inputs| init(inputs, &stamp(), &other));
    assert_eq!(blocks(&plan), [FindingId::NamesMissing]);
}

/// It used to be left out without a word.
#[test]
fn what_is_asked_for_a_twin_that_stands_is_told_as_not_done() {
    let mut world = World::new();
    let asks = |size: &str| Request {
        sizes: [("compute".to_owned(), size.to_owned())].into(),
        ..Request::new(Operation::Init)
    };
    let told = |world: &World, request: &Request| {
        let plan = world.with_inputs(|inputs| init(inputs, &stamp(), request));
        let mut findings = plan.findings.into_iter();
        let finding = findings.find(|it| it.id == FindingId::ClusterOptionsLeftOut);
        finding.map(|it| it.objects.join(", "))
    };
    let twin = crate::domain::fixture::id("u2");
    let cluster = world.catalog().clusters.get_mut(&twin).unwrap();
    cluster.size = Some("25cc".to_owned());
    assert_eq!(told(&world, &asks("25cc")), None);
    let expected = "compute_dbt_deploy: --size 400cc";
    assert_eq!(told(&world, &asks("400cc")).as_deref(), Some(expected));
}

#[test]
fn a_strategy_that_the_server_would_refuse_beside_the_size_is_left_out() {
    let strategy = "AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '100cc'))";
    let world = shown(&name("compute"), &format!("({strategy}, SIZE = '25cc')"));
    let plan = planned(&world, &[("compute", "100cc")], &[]);
    assert_eq!(
        plan.script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" (SIZE = '100cc');"
    );
    let finding = found(&plan, FindingId::ClusterOptionsLeftOut);
    assert!(finding.objects[0].contains(strategy), "{finding:?}");
}

#[test]
fn unknown_options_block_by_name_and_go_only_with_leave() {
    let world = shown(&name("compute"), "(SIZE = '25cc', TURBO = true)");
    let plan = planned(&world, &[], &[]);
    assert_eq!(blocks(&plan), [FindingId::ClusterOptionsUnknown]);
    let finding = found(&plan, FindingId::ClusterOptionsUnknown);
    assert!(
        finding.message.contains("TURBO = true"),
        "{}",
        finding.message
    );
    let allowed = planned(&world, &[], &["cluster-options-unknown:compute"]);
    assert_eq!(blocks(&allowed), []);
    assert_eq!(
        allowed.script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" (SIZE = '25cc');"
    );
    let unreadable = shown(&name("compute"), "WITH SIZE '25cc'");
    let plan = planned(&unreadable, &[], &[]);
    assert_eq!(blocks(&plan), [FindingId::ClusterOptionsUnknown]);
}

#[test]
fn an_unmanaged_cluster_comes_from_the_catalog_and_says_what_is_not_shown() {
    let mut world = shown(&name("compute"), "()");
    world.clusters[0].create_sql = None;
    let production = world.catalog().clusters.get_mut(&ClusterId::user(1));
    production.unwrap().managed = false;
    let plan = planned(&world, &[], &[]);
    assert_eq!(
        found(&plan, FindingId::ClusterOptionsLeftOut).severity,
        Severity::Info
    );
    assert_eq!(
        plan.script()[1],
        "CREATE CLUSTER \"compute_dbt_deploy\" REPLICAS (\"r1\" (SIZE '25cc'));"
    );
}

#[test]
fn a_promote_names_every_option_that_changes() {
    let mut world = World::new();
    let definition = |id: &str, cluster: &str, options: &str| ClusterDefinition {
        id: id.parse().unwrap(),
        create_sql: Some(format!("CREATE CLUSTER \"{cluster}\" {options}")),
    };
    world.clusters = vec![
        definition("u1", "compute", "(SIZE = '25cc', WORKLOAD CLASS = 'heavy')"),
        definition("u2", "compute_dbt_deploy", "(SIZE = '25cc')"),
    ];
    let plan = promoted(&world);
    assert_eq!(
        found(&plan, FindingId::ClusterOptionsDiffer).objects,
        ["compute_dbt_deploy: WORKLOAD CLASS 'heavy' -> none"]
    );
    world.clusters.pop();
    let catalog = promoted(&world);
    assert!(
        !catalog
            .findings
            .iter()
            .any(|finding| finding.id == FindingId::ClusterOptionsDiffer),
        "the catalog says the same of both"
    );
}

#[test]
fn default_privileges_of_other_roles_are_left_out_and_told() {
    let mut world = World::new();
    for (number, role) in [(1, "owner"), (7, "etl")] {
        world
            .catalog()
            .roles
            .insert(RoleId::user(number), name(role));
    }
    let rule = |owner: Grantee| DefaultPrivilege {
        owner,
        database: None,
        schema: Some(SchemaId::user(1)),
        object_type: "table".to_owned(),
        grantee: Grantee::Public,
        privileges: BTreeSet::from([Privilege::Select]),
    };
    world.access.default_privileges = vec![
        rule(Grantee::Role(RoleId::user(1))),
        rule(Grantee::Role(RoleId::user(7))),
        rule(Grantee::Public),
    ];
    let init =
        |world: &World| world.with_inputs(|inputs| init(inputs, &stamp(), &asked(Operation::Init)));
    let sets = |plan: &Plan| {
        let script = plan.script();
        let sets = script.iter().filter(|it| it.contains("DEFAULT PRIVILEGES"));
        sets.cloned().collect::<Vec<_>>()
    };
    let plan = init(&world);
    assert_eq!(sets(&plan).len(), 1, "{:?}", sets(&plan));
    assert!(sets(&plan)[0].contains("FOR ROLE \"owner\""));
    let told = plan
        .findings
        .iter()
        .find(|it| it.id == FindingId::GrantsDiffer);
    let told = told.unwrap();
    assert_eq!(told.severity, crate::domain::finding::Severity::Warn);
    assert!(
        told.objects[0].contains("FOR ROLE \"etl\""),
        "{:?}",
        told.objects
    );
    assert!(
        told.objects[1].contains("FOR ALL ROLES"),
        "{:?}",
        told.objects
    );
    world.access.superuser = true;
    assert_eq!(sets(&init(&world)).len(), 3);
}
