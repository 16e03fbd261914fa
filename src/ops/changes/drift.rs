//! Objects whose live definition is not what the recorded manifest compiled to: changed by hand, and the swap would revert it.
//!
//! Said only where it is sure. Silence proves nothing.

use super::both_sides::{BothSides, SideRecord};
use super::relation::relation_of;
use crate::dbt::drift::{LiteralDifference, is_as_compiled, is_settled, stray_constant};
use crate::dbt::manifest::{Field, Manifest, Node, UniqueId};
use crate::domain::definition::canonical;
use crate::domain::environment::Side;
use crate::domain::object::ObjectKind;
use crate::domain::project::Materialization;

/// A model as one side recorded it, beside what stands there.
struct Recorded {
    compiled: String,
    /// The live definition, made comparable between the sides.
    live: String,
    /// The rendered configuration as the manifest spells it.
    config: Option<String>,
}

impl BothSides<'_> {
    /// The sentence about a drift of this node, where there surely is one.
    pub fn drift(&self, id: &UniqueId) -> Option<String> {
        let production = self.recorded(Side::Production, &self.production, id);
        let deployment = self.recorded(Side::Deployment, &self.deployment, id);
        let (blue, green) = (self.word(Side::Production), self.word(Side::Deployment));
        let by_constant = |side: Side, recorded: &Option<Recorded>| {
            let recorded = recorded.as_ref()?;
            let stray = stray_constant(&recorded.compiled, &recorded.live)?;
            Some(self.of_constant(side, &stray))
        };
        by_constant(Side::Production, &production)
            .or_else(|| by_constant(Side::Deployment, &deployment))
            .or_else(|| {
                let (one, other) = (production?, deployment?);
                let same_model = one.compiled == other.compiled && one.config == other.config;
                if !same_model || one.live == other.live {
                    return None;
                }
                let by_hand =
                    "was changed by hand: the two differ though both hold this model as it is";
                let one_is = is_as_compiled(&one.compiled, &one.live);
                let other_is = is_as_compiled(&other.compiled, &other.live);
                Some(match (one_is, other_is) {
                    (false, true) => format!("{blue} {by_hand}, and a promote would revert it"),
                    (true, false) => format!("{green} {by_hand}"),
                    _ => format!("{blue} or {green} {by_hand}"),
                })
            })
    }

    fn of_constant(&self, side: Side, stray: &LiteralDifference) -> String {
        let held = match side {
            Side::Production => &self.production,
            Side::Deployment => &self.deployment,
        };
        let hash = held
            .manifest
            .map_or_else(String::new, |manifest| format!(" {}", manifest.hash()));
        let what = match stray {
            LiteralDifference::Live(text) => format!("it has '{text}', which the manifest has not"),
            LiteralDifference::Compiled(text) => {
                format!("it lacks '{text}', which the manifest has")
            }
        };
        let end = match side {
            Side::Production => ", and a promote would revert it",
            Side::Deployment => "",
        };
        format!(
            "{} is not what manifest{hash} compiled to ({what}){end}",
            self.word(side)
        )
    }

    /// `None`: nothing sure can be said of this side.
    fn recorded(&self, side: Side, held: &SideRecord<'_>, id: &UniqueId) -> Option<Recorded> {
        if held.is_unfinished() {
            return None;
        }
        let manifest: &Manifest = held.manifest?;
        let node: &Node = manifest.get(id)?;
        let relation = relation_of(node, self.environment())?;
        let object = self.object(side, &relation)?;
        let kind = match node.materialized()? {
            Materialization::View => ObjectKind::View,
            Materialization::MaterializedView | Materialization::OldMaterializedView => {
                ObjectKind::MaterializedView
            }
            _ => return None,
        };
        let live = object
            .create_sql
            .as_deref()
            .filter(|_| object.kind == kind)?;
        // Last: it reads the text of every macro that the model calls.
        let compiled = node
            .compiled_code()
            .filter(|_| is_settled(manifest, node))?;
        Some(Recorded {
            compiled: compiled.into_owned(),
            live: canonical(live, self.resolved),
            config: node.written(Field::Config).map(str::to_owned),
        })
    }
}
