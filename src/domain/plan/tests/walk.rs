//! Every order of cutover's and dbt's init, deploy, promote and cleanup, against a model of what stands where.
//!
//! Each tool leaves in the world what it leaves on a server: cutover its records, dbt no more than its mark on what it promoted (recorded:
//! dbt-02, dbt-03, dbt-06, dbt-09), the server its audit events. The model knows which release stands where; the program must find out.

use super::*;
use crate::domain::action::Operation;
use crate::domain::fixture;
use crate::domain::lineage::{Happening, Subject};
use crate::domain::name::DatabaseId;
use crate::domain::object::{Cluster, Replica, Schema};
use std::collections::{HashSet, VecDeque};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Tool {
    Cutover,
    Dbt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Act {
    Init(Tool),
    Deploy(Tool),
    Promote(Tool),
    Cleanup(Tool),
}

const ACTS: [Act; 8] = [
    Act::Init(Tool::Cutover),
    Act::Init(Tool::Dbt),
    Act::Deploy(Tool::Cutover),
    Act::Deploy(Tool::Dbt),
    Act::Promote(Tool::Cutover),
    Act::Promote(Tool::Dbt),
    Act::Cleanup(Tool::Cutover),
    Act::Cleanup(Tool::Dbt),
];

/// What stands on the deployment side, in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Green {
    Absent,
    Empty,
    /// Built since it last was production: this release.
    Candidate(u32),
    /// Production until the last swap, and not built on since.
    Retired(u32),
}

#[derive(Clone)]
struct Walk {
    world: World,
    production: u32,
    green: Green,
    /// The newest release that anybody built.
    released: u32,
    next_id: u64,
    path: Vec<Act>,
}

impl Walk {
    fn start() -> Self {
        let mut world = World::empty();
        let catalog = world.catalog();
        catalog.schemas.remove(&SchemaId::user(2));
        catalog.clusters.remove(&ClusterId::user(2));
        let mut walk = Self {
            world,
            production: 1,
            green: Green::Absent,
            released: 1,
            next_id: 20,
            path: Vec::new(),
        };
        walk.build("prod", "compute", 1);
        walk
    }

    fn schema(&self, text: &str) -> Option<Schema> {
        let catalog = &self.world.snapshot.catalog;
        catalog
            .schema_named(&DatabaseId::user(1), &name(text))
            .cloned()
    }

    fn cluster(&self, text: &str) -> Option<Cluster> {
        let catalog = &self.world.snapshot.catalog;
        catalog.cluster_named(&name(text)).cloned()
    }

    /// Drops what is in the schema and builds a release of two objects.
    fn build(&mut self, schema: &str, cluster: &str, release: u32) {
        let id = self.schema(schema).unwrap().id;
        let cluster = self.cluster(cluster).unwrap().id;
        let catalog = self.world.catalog();
        catalog.objects.retain(|_, object| object.schema != id);
        let objects = &mut self.world;
        let foo = objects.add_in(
            &id.to_string(),
            &cluster.to_string(),
            "foo",
            ObjectKind::MaterializedView,
            &[],
        );
        let bar = objects.add_in(
            &id.to_string(),
            &cluster.to_string(),
            "bar",
            ObjectKind::View,
            &[&foo],
        );
        objects.redefine(
            &bar,
            &format!("CREATE VIEW bar AS SELECT {release} AS release"),
        );
    }

    fn create(&mut self) {
        self.next_id += 1;
        let id = SchemaId::user(self.next_id);
        let production = self.schema("prod").unwrap();
        let twin = Schema {
            id,
            name: name("prod_dbt_deploy"),
            comment: None,
            ..production
        };
        self.world.catalog().schemas.insert(id, twin);
        self.world.tell(Subject::Schema(id), Happening::Created);
        let id = ClusterId::user(self.next_id);
        let twin = Cluster {
            id,
            name: name("compute_dbt_deploy"),
            ..self.cluster("compute").unwrap()
        };
        self.world.catalog().clusters.insert(id, twin);
        let replica: Replica =
            fixture::replica_of(&fixture::id(&id.to_string().replace('u', "u1")), &id);
        let readings = &mut self.world.snapshot.readings;
        readings.replicas.insert(replica.id, fixture::online());
        self.world.catalog().replicas.insert(replica.id, replica);
        self.world.tell(Subject::Cluster(id), Happening::Created);
    }

    fn drop_side(&mut self) {
        let (Some(schema), Some(cluster)) = (
            self.schema("prod_dbt_deploy"),
            self.cluster("compute_dbt_deploy"),
        ) else {
            return;
        };
        let catalog = self.world.catalog();
        catalog
            .objects
            .retain(|_, object| object.schema != schema.id);
        catalog.schemas.remove(&schema.id);
        catalog.clusters.remove(&cluster.id);
    }

    /// Performs an act as its tool does, which may refuse; `false` when nothing happened.
    fn act(&mut self, act: Act) -> bool {
        self.path.push(act);
        match act {
            Act::Init(Tool::Cutover) => self.cutover_init(),
            // dbt refuses a side that is not empty, and changes nothing on one that is.
            Act::Init(Tool::Dbt) if self.green == Green::Absent => {
                self.create();
                self.green = Green::Empty;
                true
            }
            Act::Init(Tool::Dbt) => false,
            Act::Deploy(Tool::Cutover) => self.cutover_deploy(),
            Act::Deploy(Tool::Dbt) => self.deploy_with(|_, _| {}),
            Act::Promote(Tool::Cutover) => self.cutover_promote(),
            Act::Promote(Tool::Dbt) => self.dbt_promote(),
            Act::Cleanup(Tool::Cutover) => {
                let plan = self
                    .world
                    .with_inputs(|inputs| cleanup(inputs, &stamp(), &asked(Operation::Cleanup)));
                let runs = !plan.is_blocked() && !plan.steps.is_empty();
                runs && self.clean_up()
            }
            Act::Cleanup(Tool::Dbt) => self.clean_up(),
        }
    }

    fn clean_up(&mut self) -> bool {
        let was = self.green != Green::Absent;
        self.drop_side();
        self.green = Green::Absent;
        was
    }

    fn cutover_init(&mut self) -> bool {
        let plan = self
            .world
            .with_inputs(|inputs| init(inputs, &stamp(), &asked(Operation::Init)));
        if plan.is_blocked() || plan.steps.is_empty() {
            return false;
        }
        assert_eq!(self.green, Green::Absent, "{:?}", self.path);
        self.create();
        self.green = Green::Empty;
        true
    }

    fn deploy_with(&mut self, carry_out: impl Fn(&mut World, bool)) -> bool {
        if self.green == Green::Absent {
            return false;
        }
        self.released += 1;
        carry_out(&mut self.world, false);
        self.build("prod_dbt_deploy", "compute_dbt_deploy", self.released);
        carry_out(&mut self.world, true);
        self.green = Green::Candidate(self.released);
        true
    }

    fn cutover_deploy(&mut self) -> bool {
        let relations = ["foo", "bar"].map(|text| (name("prod"), name(text)));
        let build = Build {
            relations: BTreeSet::from(relations),
            manifest: format!("{:012}", self.released + 1),
            steps: vec![Step::Build {
                model: "foo".to_owned(),
                statements: Vec::new(),
            }],
            ..Build::default()
        };
        let plan = self
            .world
            .with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)));
        if plan.is_blocked() {
            return false;
        }
        let built = plan
            .steps
            .iter()
            .position(|step| matches!(step, Step::Build { .. }))
            .unwrap();
        self.deploy_with(|world, done| {
            let steps = if done {
                &plan.steps[built..]
            } else {
                &plan.steps[..built]
            };
            steps.iter().for_each(|step| carry_out_step(world, step));
        })
    }

    fn swapped(&mut self) {
        let (production, green) = (self.production, self.green);
        self.production = match green {
            Green::Candidate(release) | Green::Retired(release) => release,
            Green::Absent | Green::Empty => 0,
        };
        self.green = match production {
            0 => Green::Empty,
            release => Green::Retired(release),
        };
    }

    fn dbt_promote(&mut self) -> bool {
        if self.green == Green::Absent {
            return false;
        }
        self.world.swap();
        let id = self.schema("prod").unwrap().id.to_string();
        let mark = "\n        Deployment by materialize on 2026-11-20\n    ";
        self.world.comment(&id, Some(mark.to_owned()));
        self.swapped();
        true
    }

    fn cutover_promote(&mut self) -> bool {
        let plan = promoted(&self.world);
        if plan.is_blocked() {
            return false;
        }
        let older = self.production;
        carry_out(&mut self.world, &plan);
        self.swapped();
        assert!(
            self.production > older || older == 0,
            "an older release came back: {:?}",
            self.path
        );
        assert_eq!(self.world.board().phase, Phase::Promoted, "{:?}", self.path);
        true
    }

    /// What must be true wherever the walk stands.
    fn check(&self) {
        let board = self.world.board();
        let told = format!("{:?}: {:?} {:?}", self.path, self.green, board.provenance);
        let plan = promoted(&self.world);
        let provenance_blocks = blocks(&plan).contains(&FindingId::ProvenanceUnknown);
        match self.green {
            Green::Absent => assert_eq!(board.phase, Phase::None, "{told}"),
            Green::Empty => assert!(
                matches!(board.phase, Phase::Initialized | Phase::Promoted),
                "{} {told}",
                board.phase
            ),
            Green::Candidate(_) => {
                assert_eq!(board.phase, Phase::Ready, "{told}");
                assert_eq!(blocks(&plan), [], "{told}");
            }
            Green::Retired(release) if release < self.production || self.production == 0 => {
                assert_eq!(board.phase, Phase::Promoted, "{told}");
                assert!(
                    blocks(&plan).contains(&FindingId::AlreadyPromoted),
                    "{told}"
                );
                assert_eq!(blocks(&rolled_back(&self.world)), [], "{told}");
            }
            // dbt's second promote swapped back: which side is which, only a person knows.
            Green::Retired(_) => {
                assert_eq!(board.phase, Phase::Unknown, "{told}");
                assert!(provenance_blocks, "{told}");
                assert_eq!(blocks(&rolled_back(&self.world)), [], "{told}");
            }
        }
        // Whoever can't see the events never gets a proof out of them.
        let mut blind = self.world.clone();
        blind.lineage = None;
        let plan = promoted(&blind);
        let swaps = plan.transaction().is_some() && !plan.is_blocked();
        let nothing = matches!(self.green, Green::Absent | Green::Empty);
        assert!(!swaps || nothing, "without events: {told}");
    }

    /// What decides about the future, without numbers that only grow.
    fn key(&self) -> String {
        let board = self.world.board();
        let provenance = &board.provenance;
        let green = match self.green {
            Green::Absent => "absent",
            Green::Empty => "empty",
            Green::Candidate(release) if release > self.production => "newer candidate",
            Green::Candidate(_) => "older candidate",
            Green::Retired(release) if release > self.production => "newer retired",
            Green::Retired(_) => "retired",
        };
        let side = |side: Side, release: Option<u32>| {
            let pair = &board.environment.schemas[0];
            let schema = self.schema(pair.name(side).as_str())?;
            let twin = self.schema(pair.name(side.other()).as_str());
            let comment = schema.comment.as_deref();
            let record = comment.and_then(Record::find).map(|record| {
                let is_twin = record.twin == twin.map(|twin| twin.id);
                let true_one = record.manifest == release.map(|it| format!("{it:012}"));
                (record.role, record.complete, is_twin, true_one)
            });
            let mark = crate::domain::record::promoted_by_dbt(comment);
            Some((record, mark, self.production == 0))
        };
        let release = match self.green {
            Green::Candidate(release) | Green::Retired(release) => Some(release),
            _ => None,
        };
        format!(
            "{} {green} {:?} {:?} {:?} {provenance:?}",
            board.phase,
            side(Side::Production, Some(self.production)),
            side(Side::Deployment, release),
            provenance.unfinished,
        )
        .replace(|c: char| c.is_ascii_digit(), "")
    }
}

#[test]
fn every_order_of_both_tools_over_three_cycles() {
    let with = |act: fn(Tool) -> Act| [Some(act(Tool::Cutover)), Some(act(Tool::Dbt))];
    let cleanups = [
        Some(Act::Cleanup(Tool::Cutover)),
        Some(Act::Cleanup(Tool::Dbt)),
        None,
    ];
    let mut stands = vec![Walk::start()];
    for _ in 0..3 {
        for acts in [
            with(Act::Init).to_vec(),
            with(Act::Deploy).to_vec(),
            with(Act::Promote).to_vec(),
            cleanups.to_vec(),
        ] {
            let mut seen = HashSet::new();
            let mut next = Vec::new();
            for walk in &stands {
                for act in &acts {
                    let mut walk = walk.clone();
                    if let Some(act) = act {
                        walk.act(*act);
                        walk.check();
                    }
                    if seen.insert(walk.key()) {
                        next.push(walk);
                    }
                }
            }
            stands = next;
        }
    }
    assert!(stands.len() > 3);
}

#[test]
fn any_order_at_all_until_nothing_new_is_met() {
    let mut open = VecDeque::from([Walk::start()]);
    let mut seen = HashSet::new();
    while let Some(walk) = open.pop_front() {
        for act in ACTS {
            let mut walk = walk.clone();
            if walk.act(act) {
                walk.check();
                if seen.insert(walk.key()) {
                    open.push_back(walk);
                }
            }
        }
    }
    assert!(seen.len() > 20, "{}", seen.len());
}
