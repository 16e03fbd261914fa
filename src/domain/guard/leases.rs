//! Who is at work on the deployment side.

use super::PlanInputs;
use crate::domain::action::Operation;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::lease::{Lease, Liveness, on_schemas};
use crate::domain::name::QualifiedName;

/// Nothing begins on names that somebody else works by, and no names move under him.
#[must_use]
pub fn leased(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    of_others(inputs)
        .map(|lease| finding(inputs, lease))
        .collect()
}

fn finding(inputs: &PlanInputs<'_>, lease: &Lease) -> Finding {
    let drop = place(inputs, lease).map_or_else(
        || "drop its marker".to_owned(),
        |name| format!("`DROP VIEW {}`", name.quoted()),
    );
    let is_held = lease.liveness(inputs.snapshot()) == Liveness::Held;
    let (message, remedy) = match is_held {
        true => (
            format!("{} is at work here.", lease.who()),
            format!("Wait until it ends. Where its process is certainly gone: {drop}."),
        ),
        false => (
            format!(
                "{} may be at work here: whether its session is still there can't be read.",
                lease.who()
            ),
            format!("Wait until it ends; where its process is certainly gone: {drop}."),
        ),
    };
    Finding {
        id: FindingId::LeaseHeld,
        severity: Severity::Block,
        message,
        remedy,
        objects: vec![lease.name.to_string()],
    }
}

/// The leases of others on the environment's schemas that may still be held, by this picture. With a lease of our own only an older one
/// counts: who came later withdraws.
pub fn of_others<'a>(inputs: &'a PlanInputs<'_>) -> impl Iterator<Item = &'a Lease> {
    let ours = inputs.ours.and_then(|name| {
        let leases = inputs.resolved.catalog.leases.iter();
        leases.clone().find(|lease| lease.name == *name)
    });
    on_schemas(inputs.resolved).filter(move |lease| {
        lease.liveness(inputs.snapshot()) != Liveness::Gone
            && ours.is_none_or(|ours| lease.view < ours.view)
    })
}

/// Whether a cleanup is certainly at work. It drops by names what a rollback would bring back under other ones; and as its marker is DDL,
/// of the two either the rollback sees it under its fence or the cleanup sees the names moved.
#[must_use]
pub fn cleanup_at_work(inputs: &PlanInputs<'_>) -> bool {
    of_others(inputs).any(|lease| {
        let holder = lease.holder.as_ref();
        holder.is_some_and(|holder| holder.operation == Operation::Cleanup)
            && lease.liveness(inputs.snapshot()) == Liveness::Held
    })
}

/// The leases whose holders are gone.
pub fn abandoned<'a>(inputs: &'a PlanInputs<'_>) -> impl Iterator<Item = &'a Lease> {
    on_schemas(inputs.resolved).filter(|lease| lease.liveness(inputs.snapshot()) == Liveness::Gone)
}

/// Where a marker stands now.
#[must_use]
pub fn place(inputs: &PlanInputs<'_>, lease: &Lease) -> Option<QualifiedName> {
    let catalog = inputs.resolved.catalog;
    let schema = catalog.schemas.get(&lease.schema)?;
    Some(QualifiedName {
        database: catalog.databases.get(&schema.database)?.clone(),
        schema: schema.name.clone(),
        name: lease.name.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Side;
    use crate::domain::finding::{FindingId, Severity};
    use crate::domain::fixture::{World, asked, stamp};
    use crate::domain::lease::{Holder, Lease};
    use crate::domain::name::RoleId;
    use crate::domain::name::{Identifier, QualifiedName};
    use crate::domain::object::ObjectKind;
    use crate::domain::phase::Phase;
    use crate::domain::plan::{self, Statement};
    use crate::domain::reading::CatalogReading;
    use crate::domain::reading::Missing;
    use crate::domain::record::DeploymentRole;
    use crate::domain::snapshot::ClientSession;
    use crate::domain::workflow::{AwaitStatus, await_status, headline};
    use proptest::prelude::*;

    const SESSION: &str = "6d2a4a1e-0000-4000-8000-000000000001";

    fn holder(by: &str) -> Holder {
        Holder {
            operation: Operation::Deploy,
            by: by.to_owned(),
            host: "runner-7".to_owned(),
            process: 311,
            at: "2026-11-20T10:00:00Z".to_owned(),
            session: Some(SESSION.to_owned()),
        }
    }

    /// A world in which a marker of this name stands on the deployment side, as the catalog shows it.
    fn leased(world: &mut World, marker: &str, holder: &Holder) -> Lease {
        let view = world.add(Side::Deployment, marker, ObjectKind::View, &[]);
        let mut object = world.catalog().objects.remove(&view).unwrap();
        let name = QualifiedName {
            database: Identifier::new("materialize").unwrap(),
            schema: Identifier::new("prod_dbt_deploy").unwrap(),
            name: object.name.clone(),
        };
        object.create_sql = Some(Statement::marker(&name, holder).sql().to_owned().into());
        let lease = Lease::read(&object).unwrap();
        world.catalog().leases.push(lease.clone());
        lease
    }

    fn with_session(world: &mut World, id: &str) {
        world.snapshot.readings.sessions = [ClientSession {
            id: id.to_owned(),
            role: RoleId::user(1),
            client_ip: None,
            application: None,
            since: None,
        }]
        .into();
    }

    fn seen(world: &World) -> Vec<(FindingId, Severity)> {
        world.with_inputs(|inputs| {
            let findings = super::leased(inputs);
            findings.iter().map(|it| (it.id, it.severity)).collect()
        })
    }

    const HELD: [(FindingId, Severity); 1] = [(FindingId::LeaseHeld, Severity::Block)];

    #[test]
    fn a_marker_holds_as_long_as_the_session_of_its_holder_is_there() {
        let mut world = World::new();
        assert_eq!(seen(&world), []);
        leased(&mut world, "cutover_lease_1", &holder("ci"));
        assert_eq!(
            seen(&world),
            HELD,
            "no session can be read, not even our own"
        );
        with_session(&mut world, SESSION);
        assert_eq!(seen(&world), HELD);
        with_session(&mut world, "another");
        assert_eq!(seen(&world), []);
        assert_eq!(world.with_inputs(|inputs| abandoned(inputs).count()), 1);
        let relation = Missing::relation("mz_internal.mz_sessions");
        world.lack(CatalogReading::Sessions, relation);
        assert_eq!(seen(&world), HELD, "nobody knows who is there");
    }

    #[test]
    fn who_came_later_withdraws_and_the_other_goes_on() {
        let mut world = World::new();
        let first = leased(&mut world, "cutover_lease_1", &holder("ci"));
        let second = leased(&mut world, "cutover_lease_2", &holder("anna"));
        with_session(&mut world, SESSION);
        assert_eq!(seen(&world).len(), 2, "to who holds none, both count");
        world.ours = Some(first.name);
        assert_eq!(seen(&world), []);
        world.ours = Some(second.name);
        assert_eq!(seen(&world), HELD);
    }

    #[test]
    fn a_marker_without_a_readable_text_is_held_by_somebody_unknown() {
        let mut world = World::new();
        let lease = leased(&mut world, "cutover_lease_1", &holder("ci"));
        world.catalog().leases = vec![Lease {
            holder: None,
            ..lease
        }];
        with_session(&mut world, "another");
        assert_eq!(seen(&world), HELD);
    }

    #[test]
    fn an_unfinished_build_is_waited_for_only_while_somebody_is_at_work_on_it() {
        let mut world = World::new();
        world.record(Side::Deployment, DeploymentRole::Candidate, false);
        assert_eq!(world.board().phase, Phase::Deploying);
        let hopeless = |world: &World| match await_status(&world.board()) {
            AwaitStatus::CannotBecomeReady(why) => Some(why),
            _ => None,
        };
        let why = hopeless(&world).unwrap();
        assert!(why.contains("`cutover deploy`"), "{why}");
        leased(&mut world, "cutover_lease_1", &holder("ci"));
        with_session(&mut world, SESSION);
        assert_eq!(hopeless(&world), None);
        let stands = headline(&world.board(), None).stands.into_owned();
        assert!(
            stands.contains("`cutover deploy` by ci on runner-7"),
            "{stands}"
        );
        with_session(&mut world, "another");
        assert!(hopeless(&world).is_some());
    }

    #[test]
    fn builds_cleanups_and_promotes_wait_for_it_and_a_rollback_is_only_told() {
        let mut world = World::new();
        leased(&mut world, "cutover_lease_1", &holder("ci"));
        with_session(&mut world, SESSION);
        let of = |world: &World, operation: Operation| {
            let planned = world.with_inputs(|inputs| match operation {
                Operation::Promote => plan::promote(inputs, &stamp(), &asked(operation), None),
                Operation::Cleanup => plan::cleanup(inputs, &stamp(), &asked(operation)),
                Operation::Rollback => plan::rollback(inputs, &stamp(), &asked(operation), None),
                Operation::Sync => {
                    plan::sync(inputs, &stamp(), plan::Build::default(), &asked(operation))
                }
                _ => plan::deploy(inputs, &stamp(), plan::Build::default(), &asked(operation)),
            });
            let mut findings = planned.findings.into_iter();
            findings.find_map(|it| (it.id == FindingId::LeaseHeld).then_some(it.severity))
        };
        for operation in [
            Operation::Promote,
            Operation::Cleanup,
            Operation::Deploy,
            Operation::Sync,
        ] {
            assert_eq!(of(&world, operation), Some(Severity::Block), "{operation}");
        }
        world.swap();
        world.record(Side::Production, DeploymentRole::Production, true);
        world.record(Side::Deployment, DeploymentRole::Retired, true);
        assert_eq!(of(&world, Operation::Rollback), Some(Severity::Warn));
    }

    /// A rollback that commits between a look of the cleanup and its DROP gives the name to what was production.
    #[test]
    fn a_rollback_waits_for_a_cleanup_that_is_certainly_at_work() {
        let severity = |session: &str| {
            let mut world = World::new();
            let cleaning = Holder {
                operation: Operation::Cleanup,
                ..holder("ci")
            };
            leased(&mut world, "cutover_lease_1", &cleaning);
            with_session(&mut world, session);
            world.swap();
            world.record(Side::Production, DeploymentRole::Production, true);
            world.record(Side::Deployment, DeploymentRole::Retired, true);
            let asks = asked(Operation::Rollback);
            let plan = world.with_inputs(|inputs| plan::rollback(inputs, &stamp(), &asks, None));
            let mut findings = plan.findings.into_iter();
            findings.find_map(|it| (it.id == FindingId::LeaseHeld).then_some(it.severity))
        };
        assert_eq!(severity(SESSION), Some(Severity::Block));
        assert_eq!(severity("another"), None, "its holder is gone");
    }

    proptest! {
        #[test]
        fn what_a_marker_tells_is_read_back(by in "[^\\x00]{1,20}", host in "[^\\x00]{1,20}") {
            prop_assume!(!by.contains("cutover/") && !host.contains("cutover/"));
            let mut world = World::new();
            let holder = Holder { host, ..holder(&by) };
            let lease = leased(&mut world, "cutover_lease_1", &holder);
            prop_assert_eq!(lease.holder, Some(holder));
        }
    }
}
