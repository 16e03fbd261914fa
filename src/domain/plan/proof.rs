//! The comparison of what was confirmed with what is so now: the only way to the proof that a fence commits on.

use super::{ClosureItem, Fingerprint, Identities, Plan, Step, Swap};
use crate::domain::action::Operation;
use crate::domain::finding::{Finding, Severity};
use crate::domain::name::ObjectId;
use crate::domain::quantity::{MOST_NAMED, some_of};
use crate::domain::snapshot::LogicalTime;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// That what was confirmed still held at a time. [`Proof::of`] alone makes one, and it can't be copied.
#[derive(Debug)]
pub struct Proof {
    swap: Swap,
    fingerprint: Fingerprint,
    identities: Arc<Identities>,
    findings: Vec<String>,
    at: LogicalTime,
}

/// What is not as it was when the plan was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Every name bears what the plan would give it: somebody else has swapped.
    Swapped,
    /// Only what comes and goes is in the way; it may be over in a moment.
    Momentary(Vec<String>),
    /// Half a sentence for each fact that moved.
    Lasting(Vec<String>),
}

/// A plan that was confirmed, beside what this run has done of it.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed<'a> {
    pub plan: &'a Plan,
    /// Whether this run wrote the records that come before the swap: then they are no longer in a plan that is drawn anew.
    pub recorded: bool,
}

impl Proof {
    /// Compares a plan that was confirmed with one that was drawn from what was read at `at`.
    ///
    /// # Errors
    /// What differs. A plan without a swap proves nothing for one.
    pub fn of(confirmed: Confirmed<'_>, now: &Plan, at: LogicalTime) -> Result<Self, Difference> {
        confirmed.holds(now)?;
        let Some(swap) = now.transaction() else {
            return Err(Difference::Lasting(vec![
                "nothing is to be swapped".to_owned(),
            ]));
        };
        Ok(Self {
            swap: swap.clone(),
            fingerprint: confirmed.plan.fingerprint.clone(),
            identities: Arc::clone(&now.identities),
            findings: now.findings.iter().map(Finding::line).collect(),
            at,
        })
    }

    /// What the fence sends.
    #[must_use]
    pub fn swap(&self) -> &Swap {
        &self.swap
    }

    /// The logical time of the look.
    #[must_use]
    pub fn at(&self) -> LogicalTime {
        self.at
    }

    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The ids that were looked at.
    #[must_use]
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// What was found at that time, as `severity id: objects`.
    #[must_use]
    pub fn findings(&self) -> &[String] {
        &self.findings
    }
}

impl<'a> Confirmed<'a> {
    /// A plan of which nothing was done yet.
    #[must_use]
    pub fn newly(plan: &'a Plan) -> Self {
        Self {
            plan,
            recorded: false,
        }
    }

    /// Whether the plan is still the one that was confirmed. What has come and gone since is judged, and refuses nothing once it is gone.
    ///
    /// # Errors
    /// What differs.
    pub fn holds(self, now: &Plan) -> Result<(), Difference> {
        let before = &self.plan.identities;
        if self.plan.transaction().is_some() && now.identities.are_swapped_since(before) {
            return Err(Difference::Swapped);
        }
        let mut lasting = now.identities.moved_since(before);
        let stops = |finding: &Finding| !self.is_way_back() || finding.severity == Severity::Block;
        let (momentary, appeared): (Vec<_>, Vec<_>) = self
            .appeared(now)
            .filter(stops)
            .partition(|finding| finding.id.is_momentary());
        lasting.extend(appeared.iter().map(as_new));
        if !self.recorded && !self.is_way_back() {
            lasting.extend(self.disappeared(now));
        }
        lasting.extend(self.takes_more(now));
        if lasting.is_empty() && !self.is_same(now) {
            lasting.push("what would be sent".to_owned());
        }
        if !lasting.is_empty() {
            return Err(Difference::Lasting(lasting));
        }
        if !momentary.is_empty() {
            return Err(Difference::Momentary(
                momentary.iter().map(as_new).collect(),
            ));
        }
        Ok(())
    }

    /// What has come since that does not stop it, though the yes was to a plan without it: in an incident a rollback is refused only for
    /// what makes it impossible.
    #[must_use]
    pub fn news(self, now: &Plan) -> Vec<String> {
        self.appeared(now).map(|finding| as_new(&finding)).collect()
    }

    /// Whether what is left of an operation that was cut off is a part of what was confirmed: nobody is asked again.
    ///
    /// # Errors
    /// What would be more, each as half a sentence.
    pub fn covers(self, rest: &Plan) -> Result<(), Vec<String>> {
        let shown = self.plan;
        let mut more = Vec::new();
        if rest.operation != shown.operation {
            more.push(format!("it is a {}", rest.operation));
        }
        if rest.transaction().is_some() && shown.transaction() != rest.transaction() {
            more.push("names would move".to_owned());
        }
        if rest.manifest != shown.manifest && rest.manifest.is_some() {
            more.push("the manifest is another one".to_owned());
        }
        // A swap of its own has moved them: whoever asks has read that back.
        if shown.transaction().is_none() {
            more.extend(rest.identities.rebound_since(&shown.identities));
        }
        let known: BTreeSet<ObjectId> = shown.closure.iter().map(|item| item.id).collect();
        // A build goes over what it has built itself; a cleanup builds nothing.
        let is_own = |item: &ClosureItem| item.inside && rest.manifest.is_some();
        let taken = rest.closure.iter();
        let taken = taken.filter(|item| !known.contains(&item.id) && !is_own(item));
        more.extend(taken.map(|item| format!("it takes {} along", item.name)));
        let lasting = self.appeared(rest).filter(|it| !it.id.is_momentary());
        more.extend(lasting.map(|finding| as_new(&finding)));
        match more.is_empty() {
            true => Ok(()),
            false => Err(more),
        }
    }

    fn is_way_back(self) -> bool {
        self.plan.operation == Operation::Rollback
    }

    /// Findings that ask for a look, with the objects that nobody has looked at yet.
    fn appeared(self, now: &Plan) -> impl Iterator<Item = Finding> {
        let shown = &self.plan.findings;
        now.findings
            .iter()
            .filter(|finding| finding.needs_a_look())
            .filter_map(|finding| {
                let known: BTreeSet<&String> = shown
                    .iter()
                    .filter(|it| it.id == finding.id && it.severity >= finding.severity)
                    .flat_map(|it| &it.objects)
                    .collect();
                let objects: Vec<String> = finding
                    .objects
                    .iter()
                    .filter(|object| !known.contains(object) && !now.allows(finding, object))
                    .cloned()
                    .collect();
                (!objects.is_empty()).then(|| Finding {
                    objects,
                    ..finding.clone()
                })
            })
    }

    /// Lasting findings that are gone: the yes was to a plan that had them.
    fn disappeared(self, now: &Plan) -> Vec<String> {
        let lasts = |finding: &&Finding| finding.needs_a_look() && !finding.id.is_momentary();
        self.plan
            .findings
            .iter()
            .filter(lasts)
            .filter_map(|finding| {
                let still: BTreeSet<&String> = now
                    .findings
                    .iter()
                    .filter(|it| it.id == finding.id && it.needs_a_look())
                    .flat_map(|it| &it.objects)
                    .collect();
                let gone: Vec<&String> = finding
                    .objects
                    .iter()
                    .filter(|object| !still.contains(object))
                    .collect();
                (!gone.is_empty()).then(|| format!("gone: {} ({})", finding.id, some_of(gone)))
            })
            .collect()
    }

    /// What a drop would take along, as far as that is not what was shown.
    fn takes_more(self, now: &Plan) -> Option<String> {
        let items = |plan: &Plan| -> BTreeMap<ObjectId, String> {
            let items = plan.closure.iter();
            items.map(|item| (item.id, item.name.clone())).collect()
        };
        let (shown, now) = (items(self.plan), items(now));
        let differs = |from: &BTreeMap<ObjectId, String>, what: &BTreeMap<ObjectId, String>| {
            let only = from.iter().filter(|(id, _)| !what.contains_key(*id));
            only.map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let (more, less) = (differs(&now, &shown), differs(&shown, &now));
        match (more.is_empty(), less.is_empty()) {
            (true, true) => None,
            (false, _) => Some(format!("the drop would take {} along", some_of(more))),
            (true, false) => Some(format!(
                "the drop would not take {} any more",
                some_of(less)
            )),
        }
    }

    /// Whether what is sent is the same, times aside; after the records were written, from the swap on. What was found is judged apart.
    fn is_same(self, now: &Plan) -> bool {
        if self.recorded {
            return from_swap(self.plan).eq(from_swap(now));
        }
        if self.is_way_back() {
            return all(self.plan).eq(all(now));
        }
        self.plan.fingerprint == now.fingerprint
    }
}

fn all(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.steps.iter().flat_map(Step::stable)
}

fn from_swap(plan: &Plan) -> impl Iterator<Item = &str> {
    let steps = plan.steps.iter();
    steps
        .skip_while(|step| !step.is_swap())
        .flat_map(Step::stable)
}

/// `new: grants-differ (a, b)`.
fn as_new(finding: &Finding) -> String {
    format!("new: {} ({})", finding.id, some_of(&finding.objects))
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = match self {
            Self::Swapped => return f.write_str("somebody else has swapped these names"),
            Self::Momentary(changes) | Self::Lasting(changes) => changes,
        };
        let told: Vec<&str> = changes
            .iter()
            .take(MOST_NAMED)
            .map(String::as_str)
            .collect();
        f.write_str(&told.join("; "))?;
        match changes.len().saturating_sub(MOST_NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
