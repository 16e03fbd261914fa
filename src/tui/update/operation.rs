//! The life of an operation: asked for, planned, reviewed, running, ended. The only place that makes [`Effect::Execute`].

use super::readiness;
use super::telling::{flash, note};
use crate::domain::action::Operation;
use crate::domain::plan::{ConfirmedPlan, Plan, Request};
use crate::ops::progress::{Outcome, OutcomeKind, Progress};
use crate::tui::effect::{Effect, Generation};
use crate::tui::screens::Screen;
use crate::tui::screens::run::ModelLine;
use crate::tui::state::{Dialog, Loaded, Overlay, Question, Running, Stage, State};
use crate::tui::theme::ThemeRole;

/// Why the process is not stopped now.
pub const NOT_NOW: &str =
    "COMMIT is on its way; stopping the process waits until the last record is written";

/// An operation's key: asks for its plan, or says why not.
pub fn ask(state: &mut State, operation: Operation) -> Vec<Effect> {
    if state.outdated && state.stage == Stage::Idle && state.read_only().is_none() {
        let label = state.label(operation);
        state.wanted = Some(operation);
        flash(state, format!("{label}: reading the new state first"));
        return Vec::new();
    }
    match state.may(operation) {
        Ok(()) if operation == Operation::Await => {
            readiness::wait(state);
            Vec::new()
        }
        Ok(()) => plan(state, Request::new(operation)),
        Err(reason) => {
            let label = state.label(operation);
            flash(state, format!("{label}: {reason}"));
            Vec::new()
        }
    }
}

/// Asks for a plan; an earlier answer that is still on its way no longer counts.
pub fn plan(state: &mut State, request: Request) -> Vec<Effect> {
    state.last_generation.0 += 1;
    let generation = state.last_generation;
    state.stage = Stage::Planning {
        generation,
        request: request.clone(),
        since: state.now,
    };
    vec![Effect::Plan {
        generation,
        request,
    }]
}

pub fn give_up_planning(state: &mut State) {
    if let Stage::Planning { request, .. } = &state.stage {
        let operation = request.operation;
        state.stage = Stage::Idle;
        flash(state, format!("{operation}: no longer wanted"));
    }
}

/// A plan arrived.
pub fn planned(
    state: &mut State,
    generation: Generation,
    result: Result<Box<Plan>, String>,
) -> Vec<Effect> {
    let Stage::Planning {
        generation: wanted,
        request,
        ..
    } = &state.stage
    else {
        return Vec::new();
    };
    if *wanted != generation {
        return Vec::new();
    }
    let operation = request.operation;
    let label = state.label(operation);
    state.stage = Stage::Idle;
    let plan = match result {
        // A plan for something else than was asked for is nobody's to confirm.
        Ok(plan) if plan.request.operation == operation => *plan,
        Ok(plan) => {
            let planned = plan.request.operation;
            let message = format!("asked for {operation}, got a plan for {planned}");
            return show_failure(state, label, message);
        }
        Err(message) => return show_failure(state, label, message),
    };
    state.overlay = None;
    state.stage = Stage::Reviewing(Box::new(Dialog::new(plan, label, state.now)));
    Vec::new()
}

fn show_failure(state: &mut State, label: &str, message: String) -> Vec<Effect> {
    note(
        state,
        ThemeRole::Failing,
        format!("{label} can't be planned: {message}"),
    );
    state.overlay = Some(Overlay::Result {
        title: format!("{label} can't be planned"),
        lines: vec![message],
        opened: state.now,
    });
    Vec::new()
}

/// Starts a confirmed plan. Called by the dialog only.
pub fn execute(state: &mut State, plan: ConfirmedPlan) -> Vec<Effect> {
    let operation = plan.plan().operation;
    // The stage must be free of any other operation; a running one is never replaced.
    if matches!(state.stage, Stage::Running(_)) || state.read_only().is_some() {
        return Vec::new();
    }
    let label = state.label(operation);
    state.last_generation.0 += 1;
    let generation = state.last_generation;
    state.stage = Stage::Running(Running {
        generation,
        operation,
        label,
        since: state.now,
        committing: false,
        cancelling: false,
    });
    state.run.begin(operation, label, state.now);
    note(state, ThemeRole::Info, format!("{label} started"));
    if matches!(operation, Operation::Deploy | Operation::Sync) {
        state.screen = Screen::Run;
    }
    vec![Effect::Execute {
        generation,
        plan: Box::new(plan),
    }]
}

/// Something happened in the running operation.
pub fn progress(state: &mut State, generation: Generation, progress: Progress) -> Vec<Effect> {
    let Stage::Running(running) = &mut state.stage else {
        return Vec::new();
    };
    if running.generation != generation {
        return Vec::new();
    }
    let at = state.now.wall;
    match progress {
        Progress::Started { steps, .. } => state.run.steps = steps,
        Progress::StatementStarted { sql } => state.run.statement_started(at, sql),
        Progress::StatementFinished {
            sql,
            ok,
            outcome,
            seconds,
        } => state
            .run
            .statement_finished(at, sql, (ok, outcome, seconds)),
        Progress::Model {
            name,
            state: model_state,
            seconds,
            message,
            done,
            total,
        } => {
            state.run.models_done = (done, total);
            let line = ModelLine {
                name,
                state: model_state,
                seconds,
                message,
            };
            state.run.model(at, line);
        }
        Progress::Log { line } => state.run.log(at, ThemeRole::Text, line),
        Progress::Waiting {
            hydrated,
            total,
            missing,
        } => {
            let text = format!("waiting: {hydrated} of {total} hydrated");
            state.run.log(at, ThemeRole::Hydrating, text);
            state.run.waiting = Some((hydrated, total, missing));
        }
        Progress::Committing => {
            running.committing = true;
            state.run.log(at, ThemeRole::Warn, "COMMIT is on its way");
        }
        Progress::Committed => {
            state.run.committed = true;
            state.run.log(at, ThemeRole::Ready, "committed");
            note(state, ThemeRole::Ready, "committed");
        }
        Progress::NotCommitted => {
            running.committing = false;
            state.run.log(at, ThemeRole::Warn, "not committed");
        }
        Progress::Note { text } => {
            state.run.log(at, ThemeRole::Info, text.clone());
            note(state, ThemeRole::Info, text);
        }
        Progress::Finished(outcome) => return finished(state, outcome),
    }
    Vec::new()
}

fn finished(state: &mut State, outcome: Outcome) -> Vec<Effect> {
    let Stage::Running(running) = std::mem::take(&mut state.stage) else {
        return Vec::new();
    };
    let role = match outcome.outcome {
        OutcomeKind::Done => ThemeRole::Ready,
        OutcomeKind::Interrupted | OutcomeKind::Unfinished => ThemeRole::Warn,
        _ => ThemeRole::Failing,
    };
    let word = outcome_word(outcome.outcome);
    let text = format!("{} {word}: {}", running.label, outcome.message);
    state.run.log(state.now.wall, role, text.clone());
    note(state, role, text.clone());
    if outcome.outcome == OutcomeKind::Done {
        flash(state, text);
    } else {
        let mut lines = vec![outcome.message.clone()];
        lines.extend(
            outcome
                .remedy
                .iter()
                .map(|remedy| format!("hint: {remedy}")),
        );
        lines.extend(outcome.next.iter().map(|next| format!("next: {next}")));
        lines.extend(
            outcome
                .audit
                .iter()
                .map(|audit| format!("audit: {}", audit.display())),
        );
        state.overlay = Some(Overlay::Result {
            title: format!("{} {word}", running.label),
            lines,
            opened: state.now,
        });
    }
    state.outdated = true;
    state.run.ended = Some(state.now);
    state.run.outcome = Some(outcome);
    if state.leaving {
        return vec![Effect::Quit];
    }
    let mut effects = vec![Effect::Refresh];
    if state.changes.view != Loaded::NotAsked {
        effects.push(Effect::LoadChanges);
    }
    if state.history.entries != Loaded::NotAsked {
        effects.push(Effect::LoadHistory);
    }
    effects
}

/// How an operation ended, in words.
#[must_use]
pub fn outcome_word(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Done => "done",
        OutcomeKind::Failed => "failed, nothing changed or undone",
        OutcomeKind::Refused => "refused",
        OutcomeKind::NotReadyInTime => "not ready in time",
        OutcomeKind::Blocked => "blocked",
        OutcomeKind::Unknown => "ended, OUTCOME UNKNOWN",
        OutcomeKind::Failing => "failing",
        OutcomeKind::Unfinished => "done but unfinished",
        OutcomeKind::Interrupted => "interrupted",
    }
}

pub fn ask_to_cancel(state: &mut State) {
    match &state.stage {
        Stage::Running(running) if running.committing => {
            flash(state, "COMMIT is on its way: it can't be stopped any more");
        }
        Stage::Running(_) => {
            state.overlay = Some(Overlay::Question {
                question: Question::Cancel,
                opened: state.now,
            });
        }
        Stage::Planning { .. } => give_up_planning(state),
        Stage::Idle | Stage::Reviewing(_) => flash(state, "no operation is running"),
    }
}

/// Asks the running operation to stop, unless COMMIT is on its way.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    match &mut state.stage {
        Stage::Running(running) if !running.committing && !running.cancelling => {
            running.cancelling = true;
            let label = running.label;
            note(state, ThemeRole::Warn, format!("{label}: asked to stop"));
            vec![Effect::Cancel]
        }
        _ => Vec::new(),
    }
}

/// `q` on the cockpit: leaves at once when nothing runs, asks otherwise, and refuses while COMMIT is on its way.
pub fn ask_to_leave(state: &mut State) -> Vec<Effect> {
    match &state.stage {
        Stage::Running(running) if running.committing => {
            let label = running.label;
            flash(
                state,
                format!("{label}: COMMIT is on its way; leaving waits until its answer is known"),
            );
            Vec::new()
        }
        Stage::Running(_) => {
            state.overlay = Some(Overlay::Question {
                question: Question::Leave,
                opened: state.now,
            });
            Vec::new()
        }
        _ => vec![Effect::Quit],
    }
}

/// Leaves without asking: at once when nothing runs, else as soon as the operation has stopped or its COMMIT is answered. Asking again
/// changes nothing: an operation that is left half way has no end in its audit, and each of its waits has one.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let Stage::Running(running) = &state.stage else {
        return vec![Effect::Quit];
    };
    let (label, committing) = (running.label, running.committing);
    let again = std::mem::replace(&mut state.leaving, true);
    let words = match (committing, again) {
        (true, _) => format!("{label}: COMMIT is on its way: leaving when its answer is known"),
        (false, true) => format!("{label} is stopping: leaving when it has stopped"),
        (false, false) => "stopping the operation, then leaving".to_owned(),
    };
    flash(state, words);
    if committing {
        // What is waited for after COMMIT is waited for all the same, but nothing is tried again and again.
        return vec![Effect::Cancel];
    }
    cancel(state)
}

/// Back to the shell until SIGCONT. Not between COMMIT and the last record: a stopped process leaves production without its records.
pub fn suspend(state: &mut State) -> Vec<Effect> {
    match &state.stage {
        Stage::Running(running) if running.committing => {
            let label = running.label;
            flash(state, format!("{label}: {NOT_NOW}"));
            Vec::new()
        }
        _ => vec![Effect::Suspend],
    }
}

#[cfg(test)]
mod tests;
