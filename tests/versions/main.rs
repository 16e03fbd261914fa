//! Every supported dbt against this program, on manifests that are changed at random.
//!
//! The manifests under `tests/data/versions` are one project's, as dbt 1.11 and 1.12 wrote them. For each of the four pairs of
//! versions (who wrote the state, who parses the project) both sides are changed, and the selection code of the project's dbt
//! is asked what it selects. `DIFFERENTIAL_SEED` and `DIFFERENTIAL_PAIRS` choose other changes and more of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asks;
mod generate;
mod judge;
mod mutation;
mod random;

use generate::Generator;
use judge::{Ask, Judge, Verdict};
use mutation::{Mutation, Sides};
use random::Random;
use serde::Deserialize;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;

const SEED: u64 = 20_261_127;
const PAIRS: usize = 200;
const MOST_MADE_SMALL: usize = 5;

/// A version of dbt, and what `tests/data/versions` holds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    V1_11,
    V1_12,
}

#[derive(Deserialize)]
struct Written {
    flag: bool,
    manifest: Value,
}

/// The manifests of a release: without and with the flag.
fn manifests(release: Release) -> [Value; 2] {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/versions/manifests.jsonl.gz");
    let text = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap());
    let skipped = if release == Release::V1_11 { 0 } else { 2 };
    let lines = BufReader::new(text).lines().skip(skipped).take(2);
    let written: Vec<Written> = lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert_eq!([written[0].flag, written[1].flag], [false, true]);
    written
        .into_iter()
        .map(|written| written.manifest)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A pair to be judged: where it starts from, what is changed, and what is asked.
struct Trial {
    start: Sides,
    changes: Vec<Mutation>,
    /// The project's flag, where it sets one.
    flag: Option<bool>,
    asks: Vec<Ask>,
}

impl Trial {
    /// How this program and dbt differ, if they do and dbt can read both manifests.
    fn difference(&self, judge: &mut Judge, changes: &[Mutation]) -> Option<String> {
        let mut sides = self.start.clone();
        for change in changes {
            change.apply(&mut sides);
        }
        let verdicts = match judge.ask(&sides, self.flag, &self.asks) {
            Verdict::Answers(answers) => answers,
            Verdict::StateStops(why) => vec![Err(why); self.asks.len()],
            Verdict::Unreadable => return None,
        };
        let ours = judge::ours(&sides, self.flag, &self.asks);
        let differing = self.asks.iter().zip(verdicts).zip(ours);
        differing
            .filter(|((_, dbt), ours)| match (dbt, ours) {
                (Ok(dbt), Ok(ours)) => dbt != ours,
                (Err(_), Err(_)) => false,
                _ => true,
            })
            .map(|((ask, dbt), ours)| format!("  {ask}\n    dbt  {dbt:?}\n    ours {ours:?}"))
            .next()
    }

    /// Leaves out every change that the difference does without.
    fn smallest(&self, judge: &mut Judge) -> Vec<Mutation> {
        let mut changes = self.changes.clone();
        let mut at = 0;
        while at < changes.len() {
            let mut fewer = changes.clone();
            fewer.remove(at);
            if self.difference(judge, &fewer).is_some() {
                changes = fewer;
            } else {
                at += 1;
            }
        }
        changes
    }
}

fn trial(random: &mut Random, before: &[Value; 2], after: &[Value; 2]) -> Trial {
    let side = |random: &mut Random, sides: &[Value; 2]| sides[random.below(2)].clone();
    let mut start = Sides {
        before: side(random, before),
        after: side(random, after),
    };
    // dbt's own macros differ between versions; most trials look past that.
    if random.chance(70) {
        start.before["macros"] = start.after["macros"].clone();
    }
    let generator = Generator::new(&start);
    let changes = (0..1 + random.below(6))
        .filter_map(|_| generator.change(random))
        .collect();
    let flag = match random.below(4) {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    };
    Trial {
        asks: asks::asks(random),
        start,
        changes,
        flag,
    }
}

/// Judges both kinds of states against projects of this release.
fn agree(project: Release) {
    let mut judge = Judge::of(project);
    let after = manifests(project);
    let seed = number("DIFFERENTIAL_SEED").unwrap_or(SEED);
    let pairs = number("DIFFERENTIAL_PAIRS").map_or(PAIRS, |pairs| usize::try_from(pairs).unwrap());
    let mut wrong = Vec::new();
    for state in [Release::V1_11, Release::V1_12] {
        let before = manifests(state);
        let mut random = Random::new(seed ^ ((state as u64) << 32) ^ ((project as u64) << 33));
        for pair in 0..pairs {
            let trial = trial(&mut random, &before, &after);
            if trial.difference(&mut judge, &trial.changes).is_none() {
                continue;
            }
            // Making a change smaller takes many questions.
            let changes = if wrong.len() < MOST_MADE_SMALL {
                trial.smallest(&mut judge)
            } else {
                trial.changes.clone()
            };
            let difference = trial.difference(&mut judge, &changes).unwrap();
            let changes: Vec<_> = changes.iter().map(|change| format!("  {change}")).collect();
            let told = format!(
                "state {state:?}, project {project:?}, seed {seed}, pair {pair}, flag {:?}:\n{}\n{difference}",
                trial.flag,
                changes.join("\n")
            );
            println!("{told}");
            wrong.push(told);
        }
    }
    let (judged, unread) = judge.counts();
    println!(
        "project {project:?}, seed {seed}: {judged} pairs judged, {unread} that dbt can't read"
    );
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(judged > pairs, "dbt could read only {judged} of the pairs");
}

#[test]
fn selects_what_dbt_1_11_selects() {
    agree(Release::V1_11);
}

#[test]
fn selects_what_dbt_1_12_selects() {
    agree(Release::V1_12);
}
