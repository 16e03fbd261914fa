//! Which macros changed, and which nodes reach them.

use super::Abort;
use super::reason::{MacroChange, Reason};
use crate::dbt::manifest::{Field, Manifest, Node, UniqueId};
use std::collections::{HashMap, HashSet, VecDeque};

/// What a macro of the new manifest calls.
#[derive(Debug, Clone)]
enum Call {
    /// A macro, by position.
    Macro(usize),
    /// A macro that only the state has.
    Gone(UniqueId),
    /// dbt found no macro of the called name.
    Missing,
    /// An id that neither manifest knows.
    Unknown(UniqueId),
}

/// The macros of both sides, compared.
#[derive(Debug)]
pub(super) struct MacroComparison<'a> {
    after: &'a Manifest,
    /// By position: what happened to the macro.
    changes: Vec<Option<MacroChange>>,
    gone: HashSet<UniqueId>,
    calls: Vec<Vec<Call>>,
    /// By position: whether a walk from the macro can meet anything but unchanged macros.
    eventful: Vec<bool>,
    anything_changed: bool,
    /// What was found for each list of calls, as the manifest spells it.
    known: HashMap<&'a str, Option<Reason>>,
}

impl<'a> MacroComparison<'a> {
    pub(super) fn new(before: &Manifest, after: &'a Manifest) -> Self {
        let change = |new: &crate::dbt::manifest::Macro| {
            let Some(old) = before.get_macro(&new.unique_id) else {
                return Some(MacroChange::Added);
            };
            let same = old.written_sql() == new.written_sql() || old.sql() == new.sql();
            (!same).then_some(MacroChange::Changed)
        };
        let changes: Vec<_> = after.macros().iter().map(change).collect();
        let gone: HashSet<_> = before
            .macros()
            .iter()
            .map(|old| &old.unique_id)
            .filter(|id| after.get_macro(id).is_none())
            .cloned()
            .collect();
        let anything_changed = !gone.is_empty() || changes.iter().any(Option::is_some);
        let mut comparison = Self {
            after,
            changes,
            gone,
            calls: Vec::new(),
            eventful: Vec::new(),
            anything_changed,
            known: HashMap::new(),
        };
        if anything_changed {
            let macros = after.macros().iter();
            comparison.calls = macros
                .map(|caller| comparison.resolve(caller.depends_on()))
                .collect();
            comparison.eventful = comparison.find_eventful();
        }
        comparison
    }

    fn resolve(&self, ids: &[Option<UniqueId>]) -> Vec<Call> {
        ids.iter()
            .map(|id| match id {
                None => Call::Missing,
                Some(id) => match self.after.macro_position(id) {
                    Some(at) => Call::Macro(at),
                    None if self.gone.contains(id) => Call::Gone(id.clone()),
                    None => Call::Unknown(id.clone()),
                },
            })
            .collect()
    }

    /// Walks from the events back to their callers.
    fn find_eventful(&self) -> Vec<bool> {
        let mut callers = vec![Vec::new(); self.calls.len()];
        let mut eventful = vec![false; self.calls.len()];
        let mut left = Vec::new();
        for (caller, calls) in self.calls.iter().enumerate() {
            let mut is_event = self.changes[caller].is_some();
            for call in calls {
                match call {
                    Call::Macro(callee) => callers[*callee].push(caller),
                    Call::Gone(_) | Call::Missing | Call::Unknown(_) => is_event = true,
                }
            }
            if is_event {
                eventful[caller] = true;
                left.push(caller);
            }
        }
        while let Some(callee) = left.pop() {
            for &caller in &callers[callee] {
                if !std::mem::replace(&mut eventful[caller], true) {
                    left.push(caller);
                }
            }
        }
        eventful
    }

    /// Whether the node reaches a changed macro, with the shortest chain of calls to one.
    ///
    /// # Errors
    /// When dbt, which looks depth first, meets a missing macro before a changed one: it stops there.
    pub(super) fn reason(&mut self, node: &'a Node) -> Result<Option<Reason>, Abort> {
        let Some(written) = node.written(Field::DependsOnMacros) else {
            return Ok(None);
        };
        if !self.anything_changed {
            return Ok(None);
        }
        // Thousands of tests call the same few macros.
        if let Some(known) = self.known.get(written) {
            return Ok(known.clone());
        }
        let reason = self.find_reason(node)?;
        self.known.insert(written, reason.clone());
        Ok(reason)
    }

    fn find_reason(&self, node: &Node) -> Result<Option<Reason>, Abort> {
        let calls = self.resolve(&node.depends_on_macros());
        let mut visited = HashSet::new();
        let caller = || {
            (
                node.name().into_owned(),
                node.original_file_path().into_owned(),
            )
        };
        Ok(if self.touches(&calls, &caller, &mut visited)? {
            self.chain(&calls)
        } else {
            None
        })
    }

    /// dbt's own walk: depth first, in the order of calls, each macro once.
    fn touches(
        &self,
        calls: &[Call],
        caller: &dyn Fn() -> (String, String),
        visited: &mut HashSet<usize>,
    ) -> Result<bool, Abort> {
        for call in calls {
            match call {
                Call::Gone(_) => return Ok(true),
                Call::Missing => {
                    let (name, file) = caller();
                    return Err(Abort::MissingMacro { name, file });
                }
                Call::Unknown(id) => {
                    let (name, file) = caller();
                    return Err(Abort::UnknownMacro {
                        name,
                        file,
                        id: id.clone(),
                    });
                }
                Call::Macro(at) if self.changes[*at].is_some() => return Ok(true),
                Call::Macro(at) => {
                    if !self.eventful[*at] || !visited.insert(*at) {
                        continue;
                    }
                    let callee = &self.after.macros()[*at];
                    let caller = || {
                        let file = callee.original_file_path().into_owned();
                        (callee.name().into_owned(), file)
                    };
                    if self.touches(&self.calls[*at], &caller, visited)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// The shortest chain of calls to a changed macro, and how many other changed ones are reached.
    fn chain(&self, calls: &[Call]) -> Option<Reason> {
        let mut called_by: HashMap<usize, Option<usize>> = HashMap::new();
        let mut found: Vec<(UniqueId, MacroChange, Option<usize>)> = Vec::new();
        let mut queue = VecDeque::from([(None, calls)]);
        while let Some((caller, calls)) = queue.pop_front() {
            for call in calls {
                match call {
                    Call::Gone(id) if found.iter().all(|(other, ..)| other != id) => {
                        found.push((id.clone(), MacroChange::Removed, caller));
                    }
                    Call::Macro(at) if self.eventful[*at] && !called_by.contains_key(at) => {
                        called_by.insert(*at, caller);
                        if let Some(change) = self.changes[*at] {
                            let id = self.after.macros()[*at].unique_id.clone();
                            found.push((id, change, caller));
                        }
                        queue.push_back((Some(*at), self.calls[*at].as_slice()));
                    }
                    _ => {}
                }
            }
        }
        let others = found.len().saturating_sub(1);
        let (id, change, mut caller) = found.into_iter().next()?;
        let mut chain = vec![id];
        while let Some(at) = caller {
            chain.push(self.after.macros()[at].unique_id.clone());
            caller = called_by.get(&at).copied().flatten();
        }
        chain.reverse();
        Some(Reason::Macro {
            chain: chain.into(),
            change,
            others,
        })
    }
}
