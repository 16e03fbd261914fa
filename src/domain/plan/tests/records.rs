//! Records that do not count, whose candidate is built over, and records written anew.

use super::*;
use crate::domain::action::Operation;
use crate::domain::finding::Severity;
use crate::domain::fixture::{id, pair};
use crate::domain::guard::{self, Ancestry};
use crate::domain::last_build::{Built, LastBuild, LastBuilds, contents};
use crate::domain::lineage::{Happening, Subject};
use crate::domain::provenance::Unfinished;

fn record(role: DeploymentRole) -> Record {
    Record {
        role,
        environment: "production".to_owned(),
        twin: Some(SchemaId::user(1)),
        manifest: Some("0123456789ab".to_owned()),
        project: None,
        base: None,
        claimed: None,
        commit: None,
        tag: None,
        complete: true,
        by: "owner".to_owned(),
        at: String::new(),
    }
}

fn untold() -> LastBuild {
    LastBuild::Untold("no build is on record".to_owned())
}

/// The last build that ended with what stands on the deployment side now.
fn built(world: &World) -> LastBuild {
    world.with_inputs(|inputs| {
        LastBuild::Whole(Built {
            manifest: "beefbeefbeef".to_owned(),
            project: Some("facefacefade".to_owned()),
            commit: Some("c0ffee".to_owned()),
            tag: Some("pr_7".to_owned()),
            contents: contents(inputs.resolved, Side::Deployment),
        })
    })
}

fn repaired(world: &World) -> Plan {
    repaired_after(world, untold(), untold())
}

/// `stamp` is of another commit than any build.
fn repaired_after(world: &World, production: LastBuild, deployment: LastBuild) -> Plan {
    let stamp = Stamp {
        commit: Some("decade".to_owned()),
        ..stamp()
    };
    let builds = LastBuilds {
        production,
        deployment,
    };
    world.with_inputs(|inputs| repair(inputs, &stamp, &builds, &asked(Operation::Repair)))
}

fn deploying(world: &World, stamp: &Stamp) -> Vec<(FindingId, Severity)> {
    let findings = world.with_inputs(|inputs| guard::foreign_candidate(inputs, stamp));
    findings
        .into_iter()
        .map(|finding| (finding.id, finding.severity))
        .collect()
}

#[test]
fn a_record_that_does_not_agree_with_the_catalog_makes_the_phase_unknown() {
    let good = record(DeploymentRole::Candidate);
    let twin = |twin: Option<&str>| Record {
        twin: twin.map(id),
        ..good.clone()
    };
    let foreign = Record {
        environment: "staging".to_owned(),
        ..good.clone()
    };
    for (comment, why) in [
        (twin(None).to_string(), "names no twin"),
        (twin(Some("u3")).to_string(), "another one"),
        (foreign.to_string(), "environment staging"),
        (format!("{good} | {good}"), "more than one"),
        (
            good.to_string().replace("0123456789ab", "head"),
            "can't be read",
        ),
        (
            record(DeploymentRole::Retired).to_string(),
            "never was production",
        ),
        (
            record(DeploymentRole::Synced).to_string(),
            "never was production",
        ),
    ] {
        let mut world = World::new();
        let last = built(&world);
        world.comment("u2", Some(comment.clone()));
        let board = world.board();
        assert_eq!(board.phase, Phase::Unknown, "{comment}");
        let contradictions = board.provenance.contradictions.iter();
        let told: String = contradictions.map(|it| it.message.as_str()).collect();
        assert!(told.contains(why), "{told}");
        for plan in [
            promoted(&world),
            world.with_inputs(|inputs| {
                deploy(
                    inputs,
                    &stamp(),
                    Build::default(),
                    &asked(Operation::Deploy),
                )
            }),
            world.with_inputs(|inputs| {
                sync(inputs, &stamp(), Build::default(), &asked(Operation::Sync))
            }),
        ] {
            let blocked = blocks(&plan);
            assert!(blocked.contains(&FindingId::ProvenanceUnknown), "{comment}");
        }
        assert!(
            blocks(&rolled_back(&world)).contains(&FindingId::NoWayBack),
            "what never was production is no way back: {comment}"
        );
        // What nothing proves to be whole is no candidate that is.
        let mut unproven = world.clone();
        let again = repaired(&unproven);
        assert_eq!(blocks(&again), [], "{comment}");
        carry_out(&mut unproven, &again);
        assert_eq!(unproven.board().phase, Phase::Deploying, "{comment}");
        let again = repaired_after(&world, untold(), last);
        assert_eq!(blocks(&again), [], "{comment}");
        carry_out(&mut world, &again);
        assert_eq!(world.board().phase, Phase::Ready, "{comment}");
        assert_eq!(blocks(&promoted(&world)), [], "{comment}");
    }
}

#[test]
fn a_twin_that_is_gone_ends_the_pair_and_the_record_still_tells_its_own_side() {
    let mut world = World::new();
    let gone = Record {
        twin: Some(SchemaId::user(77)),
        ..record(DeploymentRole::Candidate)
    };
    world.comment("u2", Some(gone.to_string()));
    assert_eq!(world.board().phase, Phase::Ready);
    let kept = world.board().provenance.deployment;
    assert_eq!(
        kept.and_then(|it| it.manifest).as_deref(),
        Some("0123456789ab")
    );
    // The same on production: no promote is unfinished whose deployment side is gone.
    world.comment("u1", Some(gone.to_string()));
    let board = world.board();
    assert_eq!(
        (board.phase, board.provenance.unfinished),
        (Phase::Ready, None)
    );
}

#[test]
fn a_candidate_on_production_counts_only_where_a_swap_followed() {
    let mut world = World::new();
    let made_up = Record {
        twin: Some(SchemaId::user(2)),
        ..record(DeploymentRole::Candidate)
    };
    world.comment("u1", Some(made_up.to_string()));
    assert_eq!(world.board().phase, Phase::Unknown);
    let mut world = World::new();
    world.swap();
    let board = world.board();
    assert_eq!(
        (board.phase, board.provenance.unfinished),
        (Phase::Promoting, Some(Unfinished::Promote))
    );
}

#[test]
fn a_candidate_of_before_the_last_swap_is_not_promoted_again() {
    let mut world = World::new();
    // By hand to production, where nobody writes anything; then a release by dbt over it.
    world.swap();
    let foo = world.add_in("u1", "u1", "foo_2", ObjectKind::MaterializedView, &[]);
    let objects = world.snapshot.catalog.objects.clone();
    for (id, object) in objects {
        if object.schema == SchemaId::user(1) && id != foo {
            world.remove(&id);
        }
    }
    world.swap();
    world.comment("u1", Some("Deployment by me on 2026-11-20".to_owned()));
    assert_eq!(world.board().phase, Phase::Promoted);
    assert!(blocks(&promoted(&world)).contains(&FindingId::AlreadyPromoted));
}

#[test]
fn a_retired_side_that_was_built_on_in_part_is_unknown() {
    let mut world = World::new();
    let bar = world.id(Side::Production, "bar");
    world.redefine(&bar, "CREATE VIEW bar AS SELECT 'old'");
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    assert_eq!(world.board().phase, Phase::Promoted);
    world.add_in("u1", "u1", "by_hand", ObjectKind::View, &[]);
    assert_eq!(world.board().phase, Phase::Unknown);
    assert!(blocks(&promoted(&world)).contains(&FindingId::ProvenanceUnknown));
    let back = rolled_back(&world);
    assert_eq!(blocks(&back), [], "in an incident the way back stays open");
    assert!(back.has_warnings());
}

#[test]
fn the_schemas_of_a_side_say_the_same_or_nothing_counts() {
    let mut world = World::new();
    world.environment.schemas.push(pair("other"));
    let twin = crate::domain::object::Schema {
        id: SchemaId::user(4),
        name: name("other_dbt_deploy"),
        ..world.snapshot.catalog.schemas[&SchemaId::user(3)].clone()
    };
    world.catalog().schemas.insert(twin.id, twin);
    world.tell(Subject::Schema(SchemaId::user(4)), Happening::Created);
    world.add_in("u4", "u2", "more", ObjectKind::View, &[]);
    world.record(Side::Deployment, DeploymentRole::Candidate, true);
    let of_other = |manifest: &str| Record {
        twin: Some(SchemaId::user(3)),
        manifest: Some(manifest.to_owned()),
        ..record(DeploymentRole::Candidate)
    };
    world.comment("u4", Some(of_other("0123456789ab").to_string()));
    assert_eq!(world.board().phase, Phase::Ready);
    world.comment("u4", Some(of_other("bbbbbbbbbbbb").to_string()));
    assert_eq!(world.board().phase, Phase::Unknown);
    // Overwritten by a person: the events still prove a newer side, and the other record tells what it holds.
    world.comment("u4", Some("for the dashboards".to_owned()));
    assert_eq!(world.board().phase, Phase::Ready);
    let plan = repaired(&world);
    assert_eq!(plan.steps.len(), 1);
    assert!(
        plan.script()[0].contains("'for the dashboards | cutover/1 role=candidate"),
        "{:?}",
        plan.script()
    );
    assert!(plan.script()[0].contains("manifest=0123456789ab"));
    carry_out(&mut world, &plan);
    assert!(
        repaired(&world).steps.is_empty(),
        "nothing is left to write"
    );
}

#[test]
fn overwritten_records_of_a_promoted_pair_are_made_again() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    for id in ["u1", "u2"] {
        world.comment(id, Some("cleaned up".to_owned()));
    }
    assert_eq!(world.board().phase, Phase::Promoted, "by the events");
    let plan = repaired(&world);
    assert_eq!(blocks(&plan), []);
    carry_out(&mut world, &plan);
    assert_eq!(
        (role_of(&world, "prod"), role_of(&world, "prod_dbt_deploy")),
        (
            Some(DeploymentRole::Production),
            Some(DeploymentRole::Retired)
        )
    );
}

#[test]
fn what_a_side_holds_is_proven_by_the_ids_of_the_last_build() {
    let mut world = World::new();
    let last = built(&world);
    world.comment("u2", Some("cleaned up".to_owned()));
    let plan = repaired_after(&world, untold(), last.clone());
    assert_eq!(blocks(&plan), []);
    let script = plan.script().join("\n");
    for told in [
        "role=candidate",
        "manifest=beefbeefbeef",
        "project=facefacefade",
        "commit=c0ffee",
        "tag=pr_7",
        "complete=yes",
    ] {
        assert!(script.contains(told), "{script}");
    }
    assert!(
        plan.summary.join(" ").contains("manifest beefbeefbeef"),
        "{:?}",
        plan.summary
    );
    carry_out(&mut world, &plan);
    let again = repaired_after(&world, untold(), last.clone());
    assert!(again.steps.is_empty(), "{:?}", again.script());
    // Its contents went to production since, and both comments were overwritten.
    let promote = promoted(&world);
    carry_out(&mut world, &promote);
    for id in ["u1", "u2"] {
        world.comment(id, Some("cleaned up".to_owned()));
    }
    let plan = repaired_after(&world, last, untold());
    let script = plan.script().join("\n");
    assert!(
        script.contains("role=production") && script.contains("manifest=beefbeefbeef"),
        "{script}"
    );
}

#[test]
fn what_nothing_proves_stays_unknown_and_is_told() {
    let mut world = World::new();
    let last = built(&world);
    world.comment("u2", Some("cleaned up".to_owned()));
    let foo = world.id(Side::Deployment, "foo");
    world.redefine(&foo, "CREATE MATERIALIZED VIEW foo AS SELECT 'by hand'");
    let cut_off = LastBuild::Unfinished("2026-11-20T09:00:00Z".to_owned());
    for (last, why) in [
        (last, "are not those that the last build"),
        (cut_off, "2026-11-20T09:00:00Z"),
        (untold(), "no build is on record"),
    ] {
        let plan = repaired_after(&world, untold(), last);
        assert_eq!(blocks(&plan), []);
        let script = plan.script().join("\n");
        assert!(
            !script.contains("manifest=") && !script.contains("commit="),
            "nothing is made up: {script}"
        );
        let told = plan.summary.join(" ");
        assert!(
            told.contains("Unknown stays which manifest the deployment side holds")
                && told.contains(why),
            "{told}"
        );
    }
}

#[test]
fn nobodys_candidate_is_built_over_in_silence() {
    let mut world = World::new();
    assert_eq!(deploying(&world, &stamp()), []);
    let tagged = Stamp {
        ci_tag: Some("pr_7".to_owned()),
        ..stamp()
    };
    let block = [(FindingId::ForeignCandidate, Severity::Block)];
    assert_eq!(deploying(&world, &tagged), block, "another tag");
    for (ancestry, severity) in [
        (Ancestry::Same, None),
        (Ancestry::None, None),
        (Ancestry::Ancestor, Some(Severity::Info)),
        (Ancestry::Unknown, Some(Severity::Warn)),
        (Ancestry::Unrelated, Some(Severity::Block)),
    ] {
        world.ancestry = ancestry;
        let expected: Vec<_> = severity
            .map(|severity| (FindingId::ForeignCandidate, severity))
            .into_iter()
            .collect();
        assert_eq!(deploying(&world, &stamp()), expected, "{ancestry:?}");
    }
    world.ancestry = Ancestry::Ancestor;
    let theirs = Record {
        by: "somebody".to_owned(),
        ..record(DeploymentRole::Candidate)
    };
    world.comment("u2", Some(theirs.to_string()));
    assert_eq!(deploying(&world, &stamp()), block, "another role");
    let plan = world.with_inputs(|inputs| init(inputs, &stamp(), &asked(Operation::Init)));
    assert!(blocks(&plan).contains(&FindingId::ForeignCandidate));
    let allowed = allowing(Operation::Deploy, &["foreign-candidate:prod_dbt_deploy"]);
    let build = Build::default();
    let plan = world.with_inputs(|inputs| deploy(inputs, &stamp(), build, &allowed));
    assert!(!blocks(&plan).contains(&FindingId::ForeignCandidate));
}

#[test]
fn a_side_that_dbt_built_is_of_the_tag_in_its_comment() {
    let mut world = World::new();
    world.comment("u2", Some("pr_7".to_owned()));
    let with = |tag: &str| Stamp {
        ci_tag: Some(tag.to_owned()),
        ..stamp()
    };
    assert_eq!(deploying(&world, &with("pr_7")), []);
    let block = [(FindingId::ForeignCandidate, Severity::Block)];
    assert_eq!(deploying(&world, &with("pr_8")), block);
    let hostile = "pr | cutover/1 role=retired env=production twin=u1 complete=yes by=x at=x";
    let world = World::empty();
    let mut bare = world.clone();
    bare.catalog().schemas.remove(&SchemaId::user(2));
    let plan = bare.with_inputs(|inputs| init(inputs, &with(hostile), &asked(Operation::Init)));
    let script = plan.script().join("\n");
    assert!(script.contains("pr | cutover%2F1 role=retired"), "{script}");
}
