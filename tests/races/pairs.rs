//! Which pairs race, from where, and how often.

use crate::judge::{self, View};
use crate::process::{Person, Said, Server};
use crate::saved::Saved;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Words = &'static [&'static str];

const PROMOTE: Words = &["promote"];
const ROLLBACK: Words = &["rollback"];
const DEPLOY: Words = &["deploy", "--full"];
const CLEANUP: Words = &["cleanup"];
const SYNC: Words = &["sync"];

/// What was done before a race begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum From {
    /// Deployed for the first time, and ready.
    Ready,
    Promoted,
    /// Promoted and rolled back.
    RolledBack,
}

/// What the two do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deeds {
    /// Both swap, and nothing else: then the records are judged too.
    Swaps,
    /// One of them builds or drops.
    Other,
}

/// The pairs in one order; each is raced in the other one too.
const PAIRS: [(Words, Words, &[From], Deeds); 10] = [
    (
        PROMOTE,
        PROMOTE,
        &[From::Ready, From::RolledBack],
        Deeds::Swaps,
    ),
    (ROLLBACK, ROLLBACK, &[From::Promoted], Deeds::Swaps),
    (
        PROMOTE,
        ROLLBACK,
        &[From::RolledBack, From::Promoted],
        Deeds::Swaps,
    ),
    (
        PROMOTE,
        DEPLOY,
        &[From::RolledBack, From::Ready],
        Deeds::Other,
    ),
    (DEPLOY, DEPLOY, &[From::Ready, From::Promoted], Deeds::Other),
    (DEPLOY, CLEANUP, &[From::Ready], Deeds::Other),
    (
        PROMOTE,
        CLEANUP,
        &[From::RolledBack, From::Ready],
        Deeds::Other,
    ),
    (
        SYNC,
        PROMOTE,
        &[From::Promoted, From::RolledBack],
        Deeds::Other,
    ),
    (SYNC, ROLLBACK, &[From::Promoted], Deeds::Other),
    (CLEANUP, ROLLBACK, &[From::Promoted], Deeds::Other),
];

/// How many events the first may have told when the second starts, at most.
const MOST_EVENTS: u64 = 14;

struct Race {
    first: Words,
    second: Words,
    from: From,
    deeds: Deeds,
    /// How many events the first has told when the second starts.
    head_start: u32,
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable);
    text.map_or(otherwise, |text| text.parse().unwrap())
}

fn races() -> Vec<Race> {
    let each = number("CUTOVER_RACES", 2);
    let mut seed = number("CUTOVER_RACES_SEED", 20_261_127);
    let mut draw = || {
        // Knuth's MMIX: plenty for a moment.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let mut races = Vec::new();
    for (one, other, from, deeds) in PAIRS {
        let orders = if one == other {
            vec![(one, other)]
        } else {
            vec![(one, other), (other, one)]
        };
        for (order, (first, second)) in (0..).zip(orders) {
            // What builds takes longest: half as many of it.
            let each = match deeds {
                Deeds::Swaps => each,
                Deeds::Other => each.div_ceil(2),
            };
            for number in order..order + each {
                let from = from[usize::try_from(number).unwrap() % from.len()];
                // Every other one at the same moment.
                let head_start = (number % 2) * (1 + draw() % MOST_EVENTS);
                races.push(Race {
                    first,
                    second,
                    from,
                    deeds,
                    head_start: u32::try_from(head_start).unwrap(),
                });
            }
        }
    }
    races
}

impl Race {
    fn name(&self) -> String {
        format!("{} || {}", self.first[0], self.second[0])
    }

    /// Runs it and says what of it is bad.
    fn run(&self, saved: &Saved) -> Vec<String> {
        let server = Server::start(&saved.world);
        let folders = [saved.project(), saved.project()];
        let people = folders.each_ref().map(|folder| Person {
            folder: folder.path(),
            server: server.address,
        });
        for operation in match self.from {
            From::Ready => &[][..],
            From::Promoted => &[PROMOTE],
            From::RolledBack => &[PROMOTE, ROLLBACK],
        } {
            let said = people[0].performs(operation);
            assert_eq!(said.code, 0, "before the race: {said:?}");
        }
        let before = View::of(server.address);
        let was = phase(&people[0]);
        let [first, second] = [people[0].agreed(self.first), people[1].agreed(self.second)];
        let mut first = first.start();
        first.comes_to(self.head_start);
        let second = second.start();
        let said = [first.ended(), second.ended()];
        let after = View::of(server.address);
        let told = |bad: Vec<String>| -> Vec<String> {
            let told = |it: &Said| format!("{} ({}): {}", it.words.join(" "), it.code, it.message);
            bad.into_iter()
                .map(|bad| {
                    format!(
                        "{} from {:?}, head start {}: {bad}\n    {}\n    {}",
                        self.name(),
                        self.from,
                        self.head_start,
                        told(&said[0]),
                        told(&said[1])
                    )
                })
                .collect()
        };
        let mut bad = judge::against_the_fence(&was, &before, &after, &said);
        bad.extend(judge::against_what_was_shown(&before, &after, &said));
        if self.deeds == Deeds::Swaps {
            let now = phase(&people[0]);
            bad.extend(judge::against_the_records(&was, &now, &before, &after));
        }
        told(bad)
    }
}

fn phase(person: &Person<'_>) -> String {
    let status: Value = person.asks(&["status"]);
    status["phase"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_two_do_at_once_what_they_say_last_is_so() {
    let saved = Saved::new().await;
    let races = races();
    let next = AtomicUsize::new(0);
    let ended: Mutex<BTreeMap<String, (usize, usize)>> = Mutex::default();
    let bad = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(race) = races.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let found = race.run(&saved);
                    let mut ended = ended.lock().unwrap();
                    let counts = ended.entry(race.name()).or_default();
                    counts.0 += 1;
                    counts.1 += usize::from(!found.is_empty());
                    drop(ended);
                    bad.lock().unwrap().extend(found);
                }
            });
        }
    });
    for (pair, (ran, bad)) in ended.into_inner().unwrap() {
        println!("{pair}: {bad} bad of {ran}");
    }
    let bad = bad.into_inner().unwrap();
    assert!(bad.is_empty(), "{} bad:\n{}", bad.len(), bad.join("\n"));
}
