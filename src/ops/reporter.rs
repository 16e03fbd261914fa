//! What an operation tells and writes down: each event goes to the audit file first, then to whoever listens.

use super::audit::{AuditFile, Reply};
use super::listener::Listener;
use super::progress::{Outcome, Progress};
use crate::domain::failure::told;
use crate::domain::last_build::Built;
use crate::domain::plan::Proof;
use crate::domain::quantity::span;
use crate::materialize::error::Error;
use crate::materialize::execute::StatementEvent;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tells of one operation. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Reporter {
    listener: Listener,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    audit: Mutex<AuditFile>,
    /// A COMMIT was told to be on its way, and nothing was told of it since.
    committing: AtomicBool,
}

impl Reporter {
    pub(super) fn new(listener: Listener, audit: AuditFile) -> Self {
        Self {
            listener,
            shared: Arc::new(Shared {
                audit: Mutex::new(audit),
                committing: AtomicBool::new(false),
            }),
        }
    }

    fn audit(&self) -> MutexGuard<'_, AuditFile> {
        let audit = &self.shared.audit;
        audit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn audit_path(&self) -> PathBuf {
        self.audit().path().to_owned()
    }

    /// Why the audit file can't be written any more: then nothing more may be sent.
    pub(super) fn audit_failure(&self) -> Option<String> {
        self.audit().failure().map(str::to_owned)
    }

    /// What the screen needs and the audit has in another form.
    pub(super) fn tell(&self, event: Progress) {
        self.listener.tell(event);
    }

    /// To whoever listens, for what needs no audit.
    pub(super) fn listener(&self) -> &Listener {
        &self.listener
    }

    /// To the audit alone.
    pub(super) fn write(&self, text: &str) {
        self.audit().note(text);
    }

    /// The look under a fence, to the audit.
    pub(super) fn looked(&self, proof: &Proof) {
        self.audit().looked(proof);
    }

    pub(super) fn note(&self, text: String) {
        self.audit().note(&text);
        self.tell(Progress::Note { text });
    }

    pub(super) fn sent(&self, sql: &str) {
        self.audit().sent(sql);
        if sql == "COMMIT" {
            self.shared.committing.store(true, Ordering::Relaxed);
            self.tell(Progress::Committing);
        }
        self.tell(Progress::StatementStarted {
            sql: sql.to_owned(),
        });
    }

    pub(super) fn answered(&self, reply: &Reply<'_>) {
        self.audit().answered(reply);
        self.tell(Progress::StatementFinished {
            sql: reply.sql.to_owned(),
            ok: reply.ok,
            outcome: reply.outcome.to_owned(),
            seconds: reply.seconds,
        });
    }

    /// How a swap's transaction ended, where that is known.
    pub(super) fn transaction_ended(&self, committed: bool) {
        let was_sent = self.shared.committing.swap(false, Ordering::Relaxed);
        if committed {
            self.tell(Progress::Committed);
        } else if was_sent {
            self.tell(Progress::NotCommitted);
        }
    }

    pub(super) fn hear(&self, event: StatementEvent) {
        match event {
            StatementEvent::Started { statement, .. } => self.sent(&statement),
            StatementEvent::AskedToStop { statement, at_most } => self.note(format!(
                "Asked to stop: the answer to `{statement}` is waited for, {} at most.",
                span(at_most)
            )),
            StatementEvent::Finished {
                statement,
                took,
                outcome,
                ..
            } => {
                let words = match &outcome {
                    Ok(done) => done.tag.clone(),
                    Err(error) => told(error),
                };
                self.answered(&Reply {
                    sql: &statement,
                    seconds: took.as_secs_f64(),
                    ok: outcome.is_ok(),
                    sqlstate: outcome.as_ref().err().and_then(Error::sqlstate),
                    outcome: &words,
                });
            }
        }
    }

    /// What a build left, for the next repair of its record.
    pub(super) fn built(&self, built: Built) {
        self.audit().built(built);
    }

    /// Ends the audit, and puts its file into the outcome.
    pub(super) fn end(&self, mut outcome: Outcome) -> Outcome {
        let mut audit = self.audit();
        outcome.audit = Some(audit.path().to_owned());
        audit.end(&outcome);
        outcome
    }
}
