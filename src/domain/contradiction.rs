//! Why what stands where is unknown, what it is about, and what puts it right.

use super::environment::Side;
use super::finding::FindingId;
use super::placement::{Alone, Crossing};
use super::quantity::{agree, count, some_of};

/// Something that names, records, events and what runs where do not agree about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// A sentence.
    pub message: String,
    /// What to type.
    pub remedy: String,
    /// The names that it is allowed by. Empty: those of the deployment side's schemas.
    pub objects: Vec<String>,
}

impl Contradiction {
    /// Between records, or between them and the events.
    #[must_use]
    pub fn of_records(message: String) -> Self {
        Self {
            message,
            remedy: "Look at it (`cutover status`); `cutover record repair` writes the records anew from ids and audit events.".to_owned(),
            objects: Vec::new(),
        }
    }

    /// Some of the deployment side's schemas and clusters are not there, and others hold something.
    #[must_use]
    pub fn of_missing_names() -> Self {
        Self {
            message: "Parts of the deployment side are missing.".to_owned(),
            remedy: "Run `cutover init`: it makes them anew.".to_owned(),
            objects: Vec::new(),
        }
    }

    /// Schemas and clusters that changed sides without the rest.
    #[must_use]
    pub fn of_part(message: String, alone: &[Alone]) -> Self {
        match alone {
            [] => Self::of_records(message),
            _ => Self {
                message,
                remedy: swap_back(alone),
                objects: names(alone),
            },
        }
    }

    /// Objects on a cluster of the other side; `cure` swaps back what was swapped alone.
    #[must_use]
    pub fn of_crossing(crossing: &Crossing, cure: &[Alone]) -> Self {
        let Crossing {
            cluster,
            twin,
            side,
            objects,
        } = crossing;
        let remedy = match (cure, side) {
            ([], Side::Production) => {
                format!("Create them anew on cluster {twin}, or allow it by name.")
            }
            ([], Side::Deployment) => format!(
                "Create them anew on cluster {twin}: `cutover deploy --full --allow {}:{cluster}` builds all that the project makes.",
                FindingId::ProvenanceUnknown
            ),
            _ => swap_back(cure),
        };
        Self {
            message: format!(
                "{} of the {side} side {} on cluster {cluster}, whose name is the {} side's: {}.",
                count(objects.len(), "object"),
                agree(objects.len(), "runs", "run"),
                side.other(),
                some_of(objects)
            ),
            remedy,
            objects: vec![cluster.to_string()],
        }
    }
}

/// `schema a and cluster b`.
#[must_use]
pub fn listed(alone: &[Alone]) -> String {
    let named: Vec<String> = alone
        .iter()
        .map(|pair| format!("{} {}", pair.noun, pair.name))
        .collect();
    match named.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What was swapped without the rest, swapped back.
#[must_use]
pub fn swap_back(alone: &[Alone]) -> String {
    let statements: Vec<&str> = alone.iter().map(|pair| pair.back.as_str()).collect();
    let (first, last) = match statements.len() {
        1 => ("", ""),
        _ => ("BEGIN; ", " COMMIT;"),
    };
    format!(
        "Swap {} back, which changed sides without the rest: `{first}{}{last}`",
        listed(alone),
        statements.join(" ")
    )
}

/// The production names, each once.
#[must_use]
pub fn names(alone: &[Alone]) -> Vec<String> {
    let mut names: Vec<String> = alone.iter().map(|pair| pair.name.to_string()).collect();
    names.sort();
    names.dedup();
    names
}
