//! What moves by itself: attaching, hydration, frontiers, lag, statuses. A pure function of the catalog, the model and the time.
//!
//! | module | is |
//! |---|---|
//! | `tick` | when the world is told |
//! | `relation` | the relations whose rows come from here |
//! | `moving` | all that moves |
//! | `node` | one object |
//! | `replica` | one replica |
//! | `replicas` | replicas: online, killed, how busy |
//! | `follow` | learning a changed catalog |
//! | `due`, `hydration` | what is due when: attaching, hydration, restarts, ends of trouble |
//! | `frontiers` | how far each object has got, and the lag samples of each minute |
//! | `troubles` | disturbances and status histories |
//! | `rows` | all of this as rows |

mod due;
mod follow;
mod frontiers;
mod hydration;
mod moving;
mod node;
mod relation;
mod replica;
mod replicas;
mod rows;
#[cfg(test)]
mod tests;
mod tick;
mod troubles;

pub use relation::{Reading, Relation};
pub use troubles::UnknownTarget;

pub use moving::Dynamics;

use super::clock::Timestamp;
use moving::MINUTE;

impl Dynamics {
    /// Moves to the last tick at `now`. Until the next one nothing changes by itself, so reads and SUBSCRIBE batches between the two have
    /// the logical time of this one (recorded: v26.39/23).
    pub fn advance(&mut self, now: Timestamp) {
        let target = self.model.last_tick(now);
        if target <= self.now {
            return;
        }
        loop {
            let minute = Timestamp((self.now.millis() / MINUTE + 1) * MINUTE);
            let stop = minute.min(target);
            self.perform_due(stop);
            self.now = stop;
            self.move_frontiers();
            if stop == minute {
                self.write_minute();
            }
            if stop == target {
                return;
            }
        }
    }

    /// [`Dynamics::advance`], and then every relation that may have changed since the last call, in full.
    pub fn step(&mut self, now: Timestamp) -> Vec<Reading> {
        self.advance(now);
        self.generations
            .take_changed()
            .into_iter()
            .map(|relation| Reading {
                relation,
                rows: self.rows(relation),
            })
            .collect()
    }
}
