//! Schemas and clusters that changed sides without the rest.

use super::*;
use crate::domain::action::Operation;
use crate::domain::finding::Severity;
use crate::domain::fixture::pair;
use crate::domain::guard;
use crate::domain::last_build::{LastBuild, LastBuilds};
use crate::domain::lineage::{Happening, Subject};
use crate::domain::object::{Cluster, Schema};
use crate::domain::provenance::Unfinished;

/// A second pair, `other` on cluster `elsewhere`, beside `prod` on `compute`: on both sides a materialized view `sum` there reads `foo`.
fn two_pairs() -> World {
    let mut world = World::new();
    world.environment.schemas.push(pair("other"));
    world.environment.clusters.push(pair("elsewhere"));
    let catalog = world.catalog();
    let schema = Schema {
        id: SchemaId::user(4),
        name: name("other_dbt_deploy"),
        ..catalog.schemas[&SchemaId::user(3)].clone()
    };
    let cluster = Cluster {
        id: ClusterId::user(4),
        name: name("elsewhere_dbt_deploy"),
        ..catalog.clusters[&ClusterId::user(3)].clone()
    };
    let replica = crate::domain::name::ReplicaId::user(14);
    catalog.replicas.insert(
        replica,
        crate::domain::fixture::replica_of(&replica, &cluster.id),
    );
    catalog.schemas.insert(schema.id, schema);
    catalog.clusters.insert(cluster.id, cluster);
    let readings = &mut world.snapshot.readings;
    readings
        .replicas
        .insert(replica, crate::domain::fixture::online());
    world.tell(Subject::Schema(SchemaId::user(4)), Happening::Created);
    world.tell(Subject::Cluster(ClusterId::user(4)), Happening::Created);
    for (side, number) in [(Side::Production, "u3"), (Side::Deployment, "u4")] {
        let foo = world.id(side, "foo");
        let sum = world.add_in(number, number, "sum", ObjectKind::MaterializedView, &[&foo]);
        if side == Side::Deployment {
            world.redefine(&sum, "CREATE MATERIALIZED VIEW sum AS SELECT 2");
        }
    }
    let record = Record {
        twin: Some(SchemaId::user(1)),
        ..written(&world, "u2")
    };
    world.comment("u2", Some(record.to_string()));
    let twin = Some(SchemaId::user(3));
    world.comment("u4", Some(Record { twin, ..record }.to_string()));
    assert_eq!(world.board().phase, Phase::Ready);
    world
}

fn written(world: &World, schema: &str) -> Record {
    let schema = &world.snapshot.catalog.schemas[&crate::domain::fixture::id::<SchemaId>(schema)];
    Record::find(schema.comment.as_deref().unwrap()).unwrap()
}

fn promoted_pairs() -> World {
    let mut world = two_pairs();
    let plan = promoted(&world);
    assert_eq!(blocks(&plan), []);
    carry_out(&mut world, &plan);
    assert_eq!(world.board().phase, Phase::Promoted);
    world
}

/// Without the records of cutover, and with dbt's mark on production: what dbt's own promote leaves.
fn promoted_by_dbt() -> World {
    let mut world = promoted_pairs();
    for id in ["u1", "u2", "u3", "u4"] {
        let mark = matches!(id, "u2" | "u4").then(|| "Deployment by me on 2026-11-20".to_owned());
        world.comment(id, mark);
    }
    assert_eq!(world.board().phase, Phase::Promoted);
    world
}

fn relying(world: &World) -> Vec<Plan> {
    let build = Build::default;
    world.with_inputs(|inputs| {
        vec![
            init(inputs, &stamp(), &asked(Operation::Init)),
            deploy(inputs, &stamp(), build(), &asked(Operation::Deploy)),
            sync(inputs, &stamp(), build(), &asked(Operation::Sync)),
            promote(inputs, &stamp(), &asked(Operation::Promote), None),
            cleanup(inputs, &stamp(), &asked(Operation::Cleanup)),
        ]
    })
}

/// The phase is unknown, everything that relies on it is blocked by a finding that names `object` and the statement, and a rollback warns
/// of what it would not put back.
fn stands_apart(world: &World, object: &str, alone: &[&str], back: &str) {
    let board = world.board();
    assert_eq!(board.phase, Phase::Unknown, "{:#?}", board.provenance);
    assert_eq!(board.provenance.unfinished, None);
    for plan in relying(world) {
        let found = plan.blocks().any(|finding| {
            finding.id == FindingId::ProvenanceUnknown
                && finding.objects.iter().any(|named| named == object)
                && finding.remedy.contains(back)
        });
        assert!(found, "{}: {:#?}", plan.operation, plan.findings);
    }
    let plan = rolled_back(world);
    assert_eq!(blocks(&plan), []);
    let told = plan
        .findings
        .iter()
        .find(|finding| finding.message.contains("would not put back"));
    let told = told.unwrap_or_else(|| panic!("{:#?}", plan.findings));
    assert_eq!(
        (told.severity, &told.objects[..]),
        (
            Severity::Warn,
            &alone.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]
        )
    );
    assert!(told.remedy.contains(back), "{}", told.remedy);
    let repair = repaired_by_nothing(world);
    assert!(repair.steps.is_empty() && repair.is_blocked());
}

/// The repair of a machine that built nothing.
fn repaired_by_nothing(world: &World) -> Plan {
    let untold = || LastBuild::Untold("no build is on record".to_owned());
    let builds = LastBuilds {
        production: untold(),
        deployment: untold(),
    };
    world.with_inputs(|inputs| repair(inputs, &stamp(), &builds, &asked(Operation::Repair)))
}

#[test]
fn of_two_records_that_differ_a_repair_spreads_none() {
    let mut world = promoted_pairs();
    let older = Record {
        manifest: Some("ba9876543210".to_owned()),
        ..written(&world, "u2")
    };
    world.comment("u2", Some(older.to_string()));
    assert_eq!(world.board().phase, Phase::Unknown);
    let plan = repaired_by_nothing(&world);
    carry_out(&mut world, &plan);
    for schema in ["u2", "u4"] {
        assert_eq!(written(&world, schema).manifest, None, "{schema}");
    }
    assert_eq!(world.board().phase, Phase::Promoted);
}

const PROD_BACK: &str = "ALTER SCHEMA \"db\".\"prod\" SWAP WITH \"prod_dbt_deploy\";";
const OTHER_BACK: &str = "ALTER SCHEMA \"db\".\"other\" SWAP WITH \"other_dbt_deploy\";";
const COMPUTE_BACK: &str = "ALTER CLUSTER \"compute\" SWAP WITH \"compute_dbt_deploy\";";

#[test]
fn one_schema_of_two_is_no_swap() {
    for world in [two_pairs(), promoted_pairs(), promoted_by_dbt()] {
        let before = world.board();
        for (schema, back) in [("prod", PROD_BACK), ("other", OTHER_BACK)] {
            let mut world = world.clone();
            world.swap_only(&[schema], &[]);
            stands_apart_or_ready(&world, before.phase, schema, back);
            world.swap_only(&[schema], &[]);
            let after = world.board();
            assert_eq!(
                after.phase, before.phase,
                "{schema}: {:#?}",
                after.provenance
            );
        }
    }
}

/// Before the first promote there is nothing to go back to, so the rollback is not looked at.
fn stands_apart_or_ready(world: &World, before: Phase, schema: &str, back: &str) {
    if before == Phase::Promoted {
        return stands_apart(world, schema, &[schema], back);
    }
    assert_eq!(world.board().phase, Phase::Unknown);
    for plan in relying(world) {
        assert!(
            plan.blocks().any(|finding| finding.remedy.contains(back)),
            "{}: {:#?}",
            plan.operation,
            plan.findings
        );
    }
}

#[test]
fn one_cluster_alone_is_no_swap() {
    for world in [two_pairs(), promoted_pairs(), promoted_by_dbt()] {
        let before = world.board();
        let mut world = world.clone();
        world.swap_only(&[], &["compute"]);
        match before.phase {
            Phase::Promoted => {
                stands_apart(&world, "compute_dbt_deploy", &["compute"], COMPUTE_BACK);
            }
            phase => stands_apart_or_ready(&world, phase, "compute", COMPUTE_BACK),
        }
        world.swap_only(&[], &["compute"]);
        assert_eq!(world.board().phase, before.phase);
    }
}

#[test]
fn a_schema_with_its_cluster_is_no_whole_swap_either() {
    for mut world in [promoted_pairs(), promoted_by_dbt()] {
        world.swap_only(&["other"], &["elsewhere"]);
        stands_apart(&world, "other", &["elsewhere", "other"], OTHER_BACK);
        let shown = rolled_back(&world);
        let sides = shown.findings.iter().any(|finding| {
            finding
                .message
                .contains("The production side: schema prod (u2), schema other (u3), cluster compute (u2), cluster elsewhere (u3)")
        });
        assert!(sides, "{:#?}", shown.findings);
    }
}

#[test]
fn where_no_event_can_be_read_what_runs_where_tells_it() {
    let mut world = promoted_pairs();
    world.swap_only(&[], &["compute"]);
    world.lineage = None;
    stands_apart(&world, "compute_dbt_deploy", &["compute"], COMPUTE_BACK);
}

/// A swap that is cut off after COMMIT is one as long as all took part, whatever of its records is written.
#[test]
fn a_whole_swap_is_finished_after_any_of_its_steps() {
    for operation in [Unfinished::Promote, Unfinished::Rollback] {
        let (begin, plan, end): (World, fn(&World) -> Plan, Phase) = match operation {
            Unfinished::Promote => (two_pairs(), promoted, Phase::Promoted),
            Unfinished::Rollback => (promoted_pairs(), rolled_back, Phase::Ready),
        };
        let steps = plan(&begin).steps;
        let swap = steps
            .iter()
            .position(|step| matches!(step, Step::Transaction(_)))
            .unwrap();
        for cut in swap + 1..steps.len() {
            let mut world = begin.clone();
            steps[..cut]
                .iter()
                .for_each(|step| carry_out_step(&mut world, step));
            let board = world.board();
            assert_eq!(board.phase, Phase::Promoting, "{operation:?} {cut}");
            assert_eq!(board.provenance.unfinished, Some(operation), "{cut}");
            // One schema or cluster moved back by hand: it is whole no more.
            let pairs: [(&[&str], &[&str]); 3] =
                [(&["prod"], &[]), (&["other"], &[]), (&[], &["compute"])];
            for (schemas, clusters) in pairs {
                let mut world = world.clone();
                world.swap_only(schemas, clusters);
                assert_eq!(
                    world.board().phase,
                    Phase::Unknown,
                    "{operation:?} {cut} {schemas:?}"
                );
                let plan = promoted(&world);
                assert!(plan.is_blocked() || plan.transaction().is_none());
            }
            let rest = plan(&world);
            assert_eq!(blocks(&rest), [], "{operation:?} {cut}");
            assert_eq!(rest.transaction(), None);
            carry_out(&mut world, &rest);
            assert_eq!(world.board().phase, end, "{operation:?} {cut}");
        }
    }
}

#[test]
fn an_object_on_the_wrong_cluster_is_named_with_what_to_type() {
    let mut world = two_pairs();
    let hotfix = world.add_in("u1", "u2", "hotfix", ObjectKind::MaterializedView, &[]);
    assert_eq!(world.board().phase, Phase::Unknown);
    let told = world.with_inputs(|inputs| guard::contradicted(inputs, Severity::Block));
    assert_eq!(told.len(), 1);
    assert!(
        told[0].message.contains("db.prod.hotfix"),
        "{}",
        told[0].message
    );
    assert_eq!(told[0].objects, ["compute_dbt_deploy"]);
    assert!(
        told[0]
            .remedy
            .contains("Create them anew on cluster compute"),
        "{}",
        told[0].remedy
    );
    world.remove(&hotfix);
    // What dbt built with the variable in a file: schemas of the deployment side, clusters of production.
    world.add_in("u2", "u1", "misbuilt", ObjectKind::MaterializedView, &[]);
    let told = world.with_inputs(|inputs| guard::contradicted(inputs, Severity::Block));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].objects, ["compute"]);
    let allow = "provenance-unknown:compute";
    assert!(
        told[0]
            .remedy
            .contains(&format!("`cutover deploy --full --allow {allow}`")),
        "{}",
        told[0].remedy
    );
    let allowing = Request {
        allow: BTreeSet::from([Allowance::parse(allow).unwrap()]),
        ..asked(Operation::Deploy)
    };
    let plan = world.with_inputs(|inputs| deploy(inputs, &stamp(), Build::default(), &allowing));
    assert!(!blocks(&plan).contains(&FindingId::ProvenanceUnknown));
}
