//! The catalog as it was a moment ago: what sessions read that do not wait for the newest.

use crate::catalog::Catalog;
use crate::inventory::Millis;
use std::collections::VecDeque;
use std::sync::Arc;

/// For how long after DDL one relation of the catalog is of before it: in three of three looks it was at 20 ms, and showed the DDL of 82 ms
/// before (recorded: v26.39/22).
const TRAIL: Millis = 60;
/// How much longer with each further relation, since all are read as of one time: twelve of them were of before at 118 ms, and showed
/// the DDL of 165 ms before (recorded there).
const TRAIL_OF_MORE: Millis = 7;
pub const LONGEST_TRAIL: Millis = 150;

/// How many catalogs are kept; of what follows faster than that, the oldest are forgotten.
const KEPT: usize = 4;

/// For how long a query of so many relations of the catalog reads of before the last DDL, unless it waits.
pub fn trail(relations: usize) -> Millis {
    let more = Millis::try_from(relations.saturating_sub(1)).unwrap_or(Millis::MAX);
    TRAIL
        .saturating_add(more.saturating_mul(TRAIL_OF_MORE))
        .min(LONGEST_TRAIL)
}

struct Former {
    catalog: Arc<Catalog>,
    made: Millis,
    replaced: Millis,
}

/// What the catalog was before the last changes.
#[derive(Default)]
pub struct Past {
    former: VecDeque<Former>,
    /// When the current one was made.
    made: Millis,
}

impl Past {
    /// A catalog is replaced.
    pub fn keep(&mut self, catalog: Arc<Catalog>, now: Millis) {
        if self.former.len() == KEPT {
            self.former.pop_front();
        }
        self.former.push_back(Former {
            catalog,
            made: self.made,
            replaced: now,
        });
        self.made = now;
    }

    /// What the catalog was so long before now, and when that was made; `None` when it was the current one.
    pub fn before(&self, trail: Millis, now: Millis) -> Option<(Arc<Catalog>, Millis)> {
        let mut former = self.former.iter();
        let oldest = former.find(|it| it.replaced.saturating_add(trail) > now)?;
        Some((oldest.catalog.clone(), oldest.made))
    }

    /// When the current catalog was made.
    pub fn made(&self) -> Millis {
        self.made
    }
}
