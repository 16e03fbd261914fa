//! How fast things go in a world: hydration per object, snapshots per source, replica sizes.

use crate::inventory::Kind;
use std::collections::BTreeMap;
use std::time::Duration;

/// What hydrating one object takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// World time from creation, or from the replica's coming online, until the replica knows the object.
    pub attach: Duration,
    /// World time that hydration takes on a replica of speed 1, counted from when all inputs are readable.
    pub time: Duration,
    /// Dataflow operators, each with a hydration status of its own.
    pub operators: u32,
    /// How far it trails its inputs once it is hydrated.
    pub lag: Duration,
    /// What its state occupies on a replica, in bytes.
    pub memory: u64,
}

/// The parts of a [`Pace`] that a rule sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaceRule {
    pub attach: Option<Duration>,
    pub time: Option<Duration>,
    pub operators: Option<u32>,
    pub lag: Option<Duration>,
    pub memory: Option<u64>,
}

impl PaceRule {
    fn lay_over(&self, pace: &mut Pace) {
        pace.attach = self.attach.unwrap_or(pace.attach);
        pace.time = self.time.unwrap_or(pace.time);
        pace.operators = self.operators.unwrap_or(pace.operators);
        pace.lag = self.lag.unwrap_or(pace.lag);
        pace.memory = self.memory.unwrap_or(pace.memory);
    }
}

/// What a source reads from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePace {
    pub snapshot_records: u64,
    /// Records per second of world time while the snapshot is read.
    pub snapshot_rate: u64,
    /// Records per second of world time afterwards.
    pub live_rate: u64,
    pub record_bytes: u64,
}

impl Default for SourcePace {
    fn default() -> Self {
        Self {
            snapshot_records: 0,
            snapshot_rate: 1_000,
            live_rate: 2,
            record_bytes: 120,
        }
    }
}

impl SourcePace {
    #[must_use]
    pub fn snapshot_time(&self) -> Duration {
        let rate = self.snapshot_rate.max(1);
        Duration::from_millis(self.snapshot_records.saturating_mul(1_000) / rate)
    }
}

/// A replica size that clusters can have.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaSize {
    pub name: String,
    pub workers: u32,
    pub memory_bytes: u64,
    pub credits_per_hour: f64,
    /// How many times faster than the smallest size it hydrates.
    pub speed: f64,
}

/// How replicas come and go.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplicaPace {
    /// World time from creation until a replica is online.
    pub online_after: Duration,
    /// World time that a killed replica is offline.
    pub restart_after: Duration,
    /// What a replica occupies before it holds anything, in bytes.
    pub base_memory: u64,
}

/// Everything in a world that has a speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Decides the small differences between replicas: the same seed gives the same world.
    pub seed: u64,
    pub default_rule: PaceRule,
    pub kind_rules: BTreeMap<&'static str, PaceRule>,
    /// By `schema.name`, `schema.*` or `*.name`.
    pub object_rules: BTreeMap<String, PaceRule>,
    /// By `schema.name`.
    pub sources: BTreeMap<String, SourcePace>,
    pub sizes: Vec<ReplicaSize>,
    pub replicas: ReplicaPace,
    /// World time between two readings of a source's statistics, from which its hydration is known too.
    pub statistics_every: Duration,
}

const MEBIBYTE: u64 = 1 << 20;

impl Default for Model {
    fn default() -> Self {
        let size = |name: &str, workers, gibibytes: u64, credits_per_hour, speed| ReplicaSize {
            name: name.to_owned(),
            workers,
            memory_bytes: gibibytes << 30,
            credits_per_hour,
            speed,
        };
        Self {
            seed: 1,
            default_rule: PaceRule::default(),
            kind_rules: BTreeMap::new(),
            object_rules: BTreeMap::new(),
            sources: BTreeMap::new(),
            sizes: vec![
                size("25cc", 1, 4, 0.25, 1.0),
                size("50cc", 1, 8, 0.5, 1.4),
                size("100cc", 2, 16, 1.0, 2.0),
            ],
            replicas: ReplicaPace {
                online_after: Duration::from_millis(200),
                restart_after: Duration::from_secs(4),
                base_memory: 400 * MEBIBYTE,
            },
            statistics_every: Duration::from_secs(10),
        }
    }
}

/// The word for a kind in a world file.
pub(super) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Table => "table",
        Kind::SourceTable => "source_table",
        Kind::View => "view",
        Kind::MaterializedView => "materialized_view",
        Kind::Index | Kind::IntrospectionIndex => "index",
        Kind::Source => "source",
        Kind::Sink => "sink",
    }
}

/// The kinds that hydrate, as a world file names them.
pub(super) const HYDRATING_KINDS: [&str; 4] = ["index", "materialized_view", "sink", "source"];

impl Model {
    /// The pace of a new object: the built-in one, with the rules laid over it from the most general to the most exact.
    #[must_use]
    pub fn pace(&self, kind: Kind, schema: &str, name: &str) -> Pace {
        let mut pace = built_in(kind);
        if kind == Kind::IntrospectionIndex {
            return pace;
        }
        let exact = [
            format!("*.{name}"),
            format!("{schema}.*"),
            format!("{schema}.{name}"),
        ];
        let rules = [
            Some(&self.default_rule),
            self.kind_rules.get(kind_word(kind)),
        ];
        let rules = rules.into_iter().flatten();
        for rule in rules.chain(exact.iter().filter_map(|key| self.object_rules.get(key))) {
            rule.lay_over(&mut pace);
        }
        if kind == Kind::Source {
            pace.time += self.source(schema, name).snapshot_time();
        }
        pace
    }

    #[must_use]
    pub fn source(&self, schema: &str, name: &str) -> SourcePace {
        self.sources
            .get(&format!("{schema}.{name}"))
            .cloned()
            .unwrap_or_default()
    }

    #[must_use]
    pub fn size(&self, name: &str) -> Option<&ReplicaSize> {
        self.sizes.iter().find(|size| size.name == name)
    }

    /// A factor near 1 (0.92 to 1.08) that is always the same for the same pair: no two replicas are equally fast.
    #[must_use]
    pub fn unevenness(&self, object: &str, replica: &str) -> f64 {
        let spread = self.hash(&[object, replica]) % 1_601;
        0.92 + f64::from(u32::try_from(spread).unwrap_or(0)) / 10_000.0
    }

    /// A number that depends on nothing but the seed and the words (FNV-1a).
    #[must_use]
    pub fn hash(&self, words: &[&str]) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ self.seed;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        // The low bits of FNV alone hardly differ between similar words.
        hash ^ (hash >> 29)
    }
}

fn built_in(kind: Kind) -> Pace {
    let (time, operators, memory) = match kind {
        Kind::MaterializedView => (2_000, 8, 60 * MEBIBYTE),
        Kind::Index => (1_200, 5, 40 * MEBIBYTE),
        Kind::Source => (500, 2, 20 * MEBIBYTE),
        Kind::Sink => (800, 2, 10 * MEBIBYTE),
        Kind::Table | Kind::SourceTable | Kind::View | Kind::IntrospectionIndex => (0, 1, 0),
    };
    let attach = if kind == Kind::IntrospectionIndex {
        0
    } else {
        1_000
    };
    Pace {
        attach: Duration::from_millis(attach),
        time: Duration::from_millis(time),
        operators,
        lag: Duration::ZERO,
        memory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(seconds: u64) -> PaceRule {
        PaceRule {
            time: Some(Duration::from_secs(seconds)),
            ..PaceRule::default()
        }
    }

    #[test]
    fn the_most_exact_rule_wins() {
        let mut model = Model {
            default_rule: rule(1),
            ..Model::default()
        };
        let time = |model: &Model| model.pace(Kind::Index, "serving", "by_day").time.as_secs();
        assert_eq!(time(&model), 1);
        model.kind_rules.insert("index", rule(2));
        assert_eq!(time(&model), 2);
        model.object_rules.insert("*.by_day".to_owned(), rule(3));
        assert_eq!(time(&model), 3);
        model.object_rules.insert("serving.*".to_owned(), rule(4));
        assert_eq!(time(&model), 4);
        model
            .object_rules
            .insert("serving.by_day".to_owned(), rule(5));
        assert_eq!(time(&model), 5);
        assert_eq!(
            model
                .pace(Kind::MaterializedView, "other", "else")
                .time
                .as_secs(),
            1
        );
    }

    #[test]
    fn a_rule_leaves_what_it_does_not_say() {
        let mut model = Model::default();
        model.object_rules.insert("a.b".to_owned(), rule(9));
        let (ruled, plain) = (
            model.pace(Kind::Sink, "a", "b"),
            model.pace(Kind::Sink, "a", "c"),
        );
        assert_eq!(
            Pace {
                time: plain.time,
                ..ruled
            },
            plain
        );
    }

    #[test]
    fn unevenness_is_small_repeatable_and_differs_between_replicas() {
        let model = Model::default();
        let factors: Vec<f64> = (1..40)
            .map(|n| model.unevenness("u7", &format!("u{n}")))
            .collect();
        assert!(factors.iter().all(|factor| (0.92..=1.08).contains(factor)));
        assert_eq!(model.unevenness("u7", "u1").to_bits(), factors[0].to_bits());
        let distinct: std::collections::BTreeSet<u64> =
            factors.iter().map(|factor| factor.to_bits()).collect();
        assert!(distinct.len() > 35, "{} of 39", distinct.len());
    }

    #[test]
    fn a_snapshot_is_part_of_a_sources_hydration() {
        let mut model = Model::default();
        let shop = SourcePace {
            snapshot_records: 5_000,
            snapshot_rate: 500,
            ..SourcePace::default()
        };
        model.sources.insert("ingest.shop".to_owned(), shop);
        let without = model.pace(Kind::Source, "ingest", "other").time;
        assert_eq!(
            model.pace(Kind::Source, "ingest", "shop").time,
            without + Duration::from_secs(10)
        );
    }
}
