use super::*;
use crate::inventory::Kind;
use crate::world::{Timestamp, WorldError};

const EVERYTHING: &str = include_str!("../../../../assets/worlds/example.toml");

#[test]
fn a_world_file_says_everything() {
    let world = parse(EVERYTHING).unwrap();
    assert_eq!(world.opens_at, Some(Timestamp(1_793_520_000_000)));
    assert_eq!(
        world.begins(Timestamp(0)),
        Timestamp(1_793_520_000_000 - 7_200_000)
    );
    assert_eq!(world.release, Release::of_text("v26.20.0").unwrap());
    assert_eq!(world.flags.get("enable_refresh_every_mvs"), Some(&false));
    assert_eq!(world.latency, crate::world::Latency::None);
    assert_eq!(world.roles[0].password.as_deref(), Some("secret"));
    let isolation = world.roles[0].settings.get("transaction_isolation");
    assert_eq!(isolation.map(String::as_str), Some("serializable"));
    let roles: Vec<_> = world
        .start
        .iter()
        .map(|start| start.role.as_str())
        .collect();
    assert_eq!(roles, ["materialize", "mz_system"]);
    let pace = world.model.pace(Kind::Index, "shop", "orders");
    assert_eq!(
        (pace.attach, pace.time),
        (Duration::from_millis(500), Duration::from_secs(9))
    );
    assert_eq!(
        (pace.operators, pace.lag, pace.memory),
        (3, Duration::from_secs(2), 5 << 20)
    );
    assert_eq!(
        world.model.pace(Kind::Index, "shop", "other").time,
        Duration::from_secs(90)
    );
    assert_eq!(world.model.source("ingest", "shop").snapshot_records, 100);
    assert_eq!(world.model.replicas.restart_after, Duration::from_secs(7));
    assert_eq!(world.model.sizes.len(), 1);
}

#[test]
fn events_and_faults_become_what_they_say() {
    let world = parse(EVERYTHING).unwrap();
    let actions: Vec<_> = world
        .events
        .iter()
        .map(|event| event.action.clone())
        .collect();
    let Action::Disturb(Disturbance::OomKill { times, every, .. }) = &actions[0] else {
        panic!()
    };
    assert_eq!((*times, *every), (3, Duration::from_secs(20)));
    let run = Action::Run {
        role: "mz_system".to_owned(),
        sql: "ALTER CLUSTER \"com\"\"pute\" SET (REPLICATION FACTOR 0)".to_owned(),
    };
    assert_eq!(actions[2], run);
    assert_eq!(
        actions[3],
        Action::Arm(Fault::once("alter sink", FaultKind::Wedge))
    );
    let refusal = Refusal {
        sqlstate: "42501".to_owned(),
        message: "permission denied".to_owned(),
        detail: None,
        hint: None,
    };
    let faults = [
        Fault::conflict_at_commit(2),
        Fault::once("create index", FaultKind::Refuse(refusal)),
        Fault::missing_relation("mz_internal.mz_frontiers"),
        Fault::once("", FaultKind::SubscribeFallsBehind),
        Fault::once("commit", FaultKind::Cut(LinkCut::AfterPerforming)),
        Fault::once("alter schema", FaultKind::Slow(Duration::from_secs(2))),
        Fault::once(
            "commit",
            FaultKind::Cut(LinkCut::PerformingLater(Duration::from_secs(5))),
        ),
        Fault::once(
            "begin",
            FaultKind::Meanwhile {
                role: "deployer".to_owned(),
                sql: "create schema between".to_owned(),
            },
        ),
    ];
    assert_eq!(world.faults, faults);
}

#[test]
fn an_empty_file_is_a_fresh_server() {
    assert_eq!(parse("").unwrap(), World::empty());
}

#[test]
fn mistakes_are_named_with_their_line() {
    let cases = [
        ("[server]\nagge = \"1h\"", "line 2", "unknown field `agge`"),
        (
            "[server]\n\nage = \"soon\"",
            "line 3",
            "`soon` is not a duration",
        ),
        ("[server]\nage = \"-5s\"", "line 2", "negative"),
        (
            "[hydration.kind.views]\n",
            "line 1",
            "`views` is not a kind that hydrates",
        ),
        (
            "[hydration.object.orders]\ntime = \"1s\"",
            "line 1",
            "`orders` is not of the form `schema.name`",
        ),
        (
            "[hydration.object.\"*.*\"]\ntime = \"1s\"",
            "line 1",
            "[hydration.default]",
        ),
        (
            "[[fault]]\ndo = \"explode\"",
            "line 2",
            "unknown variant `explode`",
        ),
        (
            "[[fault]]\ndo = { refuse = { sqlstate = \"4000\", message = \"m\" } }",
            "line 2",
            "not an SQLSTATE",
        ),
        ("[[event]]\nafter = \"1s\"", "line 1", "missing field `do`"),
        ("[server]\nopens_at = \"yesterday\"", "line 2", "not a time"),
    ];
    for (text, line, reason) in cases {
        let error = parse(text).unwrap_err();
        assert!(
            error.contains(line) && error.contains(reason),
            "{text}\n{error}"
        );
    }
}

#[test]
fn the_origin_is_part_of_the_error() {
    let missing = World::load(std::path::Path::new("no/such/world.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("can't read the world file no/such/world.toml"),
        "{missing}"
    );
    let unknown = World::named_or_file("nowhere").unwrap_err();
    assert!(
        matches!(&unknown, WorldError::UnknownName { name, known } if name == "nowhere" && known.contains("`empty`")),
        "{unknown}"
    );
}

#[test]
fn the_built_in_worlds_are_worlds() {
    assert_eq!(World::named("empty").unwrap(), World::empty());
    let demo = World::named("demo").unwrap();
    assert!(!demo.start.is_empty() && demo.age > Duration::ZERO);
}
