//! What the deployment side is, from ids and audit events alone: newer than production, or what production was before the last swap.
//!
//! No record is asked here. Unknown is never newer, and what equals production is not newer either.

use super::contradiction::listed;
use super::definition::canonical;
use super::environment::{Resolved, Side, Strategy};
use super::lineage::{Lineage, number, pairs, subjects};
use super::object::{Object, ObjectKind};
use super::placement::Placement;
use super::quantity::{count, part};

/// Where the deployment side stands against production.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeploymentAge {
    /// It holds nothing.
    Empty,
    /// Each object was made after the last swap, or is defined as its twin in production is, and some are defined otherwise.
    Newer,
    /// Each object is defined as its twin in production is. Of the rows of its tables definitions tell nothing; `lacking` counts the
    /// relations and indexes that only production has.
    Equal { tables: usize, lacking: usize },
    /// It bore production's name until the last swap, and nothing was built on it since.
    Retired,
    /// Objects of before the last swap that differ from production's, beside newer ones.
    Mixed { older: usize, total: usize },
    /// Schemas or clusters changed sides without the rest: a clause.
    Apart(String),
    /// The last swap brought the older objects to production, or the events do not reach far enough: why.
    Unclear(String),
    /// There are no events to judge from: why.
    Unread(String),
}

impl DeploymentAge {
    /// Whether it is newer, or holds nothing that could be older.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Newer | Self::Empty)
    }

    /// Whether nothing in it can be an older release than production.
    #[must_use]
    pub fn is_not_older(&self) -> bool {
        self.is_newer() || matches!(self, Self::Equal { .. })
    }

    /// Whether both sides surely hold the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        *self
            == Self::Equal {
                tables: 0,
                lacking: 0,
            }
    }

    /// Why it is not newer, as a clause; empty where it is.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Empty | Self::Newer => String::new(),
            Self::Equal { tables, lacking } => {
                let mut why =
                    "each of its objects is defined as its twin in production is".to_owned();
                if *tables > 0 {
                    let tables = count(*tables, "table");
                    why.push_str(&format!(
                        ", and whether the rows of its {tables} are newer is not known"
                    ));
                }
                if *lacking > 0 {
                    let lacking = count(*lacking, "object");
                    why.push_str(&format!(", and {lacking} of production it lacks"));
                }
                why
            }
            Self::Retired => "it was production until the last swap".to_owned(),
            Self::Mixed { older, total } => format!(
                "of its contents {} are older than the last swap and differ from production's",
                part(*older, *total, "object")
            ),
            Self::Apart(why) | Self::Unclear(why) | Self::Unread(why) => why.clone(),
        }
    }
}

/// Judges the deployment side.
#[must_use]
pub fn deployment_age(resolved: &Resolved<'_>, lineage: Option<&Lineage>) -> DeploymentAge {
    let objects: Vec<_> = resolved.contents(Side::Deployment).collect();
    if objects.is_empty() {
        return DeploymentAge::Empty;
    }
    if resolved.environment.strategy == Strategy::Targets {
        return DeploymentAge::Unread("names do not move, so only a record tells".to_owned());
    }
    let Some(lineage) = lineage else {
        return DeploymentAge::Unread("the audit events can't be read".to_owned());
    };
    if let Some(name) = lineage.moved(resolved) {
        return DeploymentAge::Unclear(format!("{name} was renamed while it was looked at"));
    }
    let stranger = subjects(resolved)
        .into_iter()
        .find(|known| known.side == Side::Deployment && !lineage.knows(&known.subject));
    if let Some(known) = stranger {
        return DeploymentAge::Unclear(format!(
            "the audit events do not tell where {} comes from",
            known.name
        ));
    }
    by_age(resolved, lineage, &objects)
}

fn by_age(resolved: &Resolved<'_>, lineage: &Lineage, objects: &[&Object]) -> DeploymentAge {
    let Some(swap) = lineage.last_swap(resolved) else {
        return newer_or_equal(resolved, objects);
    };
    let mut older = Vec::new();
    for object in objects {
        match lineage.made_since(swap, &object.id) {
            Some(true) => {}
            Some(false) => older.push(*object),
            None => {
                return DeploymentAge::Unclear(
                    "there is no telling which objects are older than the last swap".to_owned(),
                );
            }
        }
    }
    if older.is_empty() {
        return newer_or_equal(resolved, objects);
    }
    if older.len() < objects.len() {
        let differing = older
            .iter()
            .filter(|object| !is_as_in_production(resolved, object))
            .count();
        return match differing {
            0 => newer_or_equal(resolved, objects),
            older => DeploymentAge::Mixed {
                older,
                total: objects.len(),
            },
        };
    }
    if !were_production(resolved, lineage) {
        return DeploymentAge::Unclear(
            "it is older than the last swap, and was not part of it".to_owned(),
        );
    }
    let placement = Placement::of(resolved, Some(lineage));
    if !placement.is_together() {
        let alone = placement.moved_alone();
        if alone.is_empty() {
            return DeploymentAge::Unclear(
                "its names came one by one, and no swap of them all is known".to_owned(),
            );
        }
        return DeploymentAge::Apart(format!(
            "the last swap moved {} without the rest",
            listed(&alone)
        ));
    }
    let newest = |objects: &[&Object]| {
        objects
            .iter()
            .filter_map(|object| number(&object.id))
            .max()
            .unwrap_or_default()
    };
    // A swap back leaves the newer objects behind: retired in name, and yet no older release.
    let production: Vec<_> = resolved.contents(Side::Production).collect();
    if !production.is_empty() && newest(&production) < newest(objects) {
        return DeploymentAge::Unclear(
            "the last swap brought the older objects to production".to_owned(),
        );
    }
    DeploymentAge::Retired
}

/// Whether each schema of the deployment side that holds something bore production's name until its pair last moved; of an environment
/// without schemas, whether each cluster did.
fn were_production(resolved: &Resolved<'_>, lineage: &Lineage) -> bool {
    let pairs = pairs(resolved);
    let schemas = resolved.schemas.len();
    let filled = |at: usize| {
        let schema = resolved.schemas.get(at).and_then(|pair| pair.deployment);
        schema.is_none_or(|schema| resolved.catalog.objects_in(&schema.id).next().is_some())
    };
    let counts = |at: usize| {
        if schemas == 0 {
            true
        } else {
            at < schemas && filled(at)
        }
    };
    let mut counted = pairs.iter().enumerate().filter(|(at, _)| counts(*at));
    counted.all(|(_, pair)| {
        let production = pair.names.production.as_str();
        pair.deployment
            .as_ref()
            .is_none_or(|subject| lineage.left(subject, production).is_some())
    })
}

/// Nothing in it is older than production: is it defined otherwise?
fn newer_or_equal(resolved: &Resolved<'_>, objects: &[&Object]) -> DeploymentAge {
    if !objects
        .iter()
        .all(|object| is_defined_as_in_production(resolved, object))
    {
        return DeploymentAge::Newer;
    }
    let is_table = |object: &&&Object| object.kind == ObjectKind::Table;
    let production = resolved.contents(Side::Production);
    DeploymentAge::Equal {
        tables: objects.iter().filter(is_table).count(),
        lacking: production
            .filter(|object| {
                let counts = object.kind.is_relation() || object.kind == ObjectKind::Index;
                counts && resolved.twin(object).is_none()
            })
            .count(),
    }
}

/// Whether the twin in production has the same definition. The rows of a table are no part of it, so a table's says nothing.
fn is_as_in_production(resolved: &Resolved<'_>, object: &Object) -> bool {
    object.kind != ObjectKind::Table && is_defined_as_in_production(resolved, object)
}

/// Whether the object and its twin in production are defined alike; `false` where either definition is not known.
#[must_use]
pub fn is_defined_as_in_production(resolved: &Resolved<'_>, object: &Object) -> bool {
    let text = |object: &Object| {
        let sql = object.create_sql.as_deref()?;
        Some(canonical(sql, resolved))
    };
    let defined = matches!(
        object.kind,
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index
    );
    defined
        && resolved
            .twin(object)
            .is_some_and(|twin| text(object).is_some() && text(object) == text(twin))
}
