//! What goes where: stdout is data, stderr is words.

use super::args::{Common, Output};
use crate::domain::finding::{Finding, Severity};
use crate::domain::plan::Plan;
use crate::ops::progress::{ModelState, Outcome, Progress};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Writes a command's results and words.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    pub output: Output,
    quiet: bool,
    color: bool,
}

/// The pipe that stdout led to is closed: an end like any other.
#[derive(Debug)]
pub struct Closed;

impl Printer {
    #[must_use]
    pub fn new(common: &Common) -> Self {
        let forced = match common.color.as_deref() {
            Some("always") => Some(true),
            Some("never") => Some(false),
            _ => None,
        };
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            output: common.output,
            quiet: common.quiet,
            color: forced.unwrap_or_else(|| !no_color && io::stderr().is_terminal()),
        }
    }

    #[must_use]
    pub fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// One line of data.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn data(self, line: &str) -> Result<(), Closed> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")
            .and_then(|()| out.flush())
            .map_err(|_| Closed)
    }

    /// One JSON value, pretty where it is the whole answer.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn json(self, value: &impl Serialize) -> Result<(), Closed> {
        self.data(&serde_json::to_string_pretty(value).unwrap_or_default())
    }

    /// One JSON line of a stream.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn json_line(self, value: &impl Serialize) -> Result<(), Closed> {
        self.data(&serde_json::to_string(value).unwrap_or_default())
    }

    /// Words for people, unless they asked for quiet.
    pub fn say(self, line: &str) {
        if !self.quiet {
            self.must_say(line);
        }
    }

    /// Words that quiet does not silence. A closed stderr is no reason to fail.
    pub fn must_say(self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    #[must_use]
    fn paint(self, text: &str, code: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A finding with its remedy and objects.
    pub fn finding(self, finding: &Finding) {
        let code = match finding.severity {
            Severity::Block => "1;31",
            Severity::Warn => "33",
            Severity::Info => "2",
        };
        let head = self.paint(&format!("{:7} {}", finding.severity, finding.id), code);
        self.must_say(&format!("{head}  {}", finding.message));
        for object in &finding.objects {
            self.must_say(&format!("          - {object}"));
        }
        self.must_say(&format!("          {}", finding.remedy));
    }

    /// What a plan is about, in words; its SQL is data and printed by the caller.
    pub fn plan(self, plan: &Plan) {
        for line in &plan.summary {
            self.say(line);
        }
        for finding in &plan.findings {
            self.finding(finding);
        }
        if !plan.closure.is_empty() {
            self.say(&format!("Goes with it ({}):", plan.closure.len()));
            for item in &plan.closure {
                let mark = if item.inside { " " } else { "!" };
                self.say(&format!(
                    "  {mark} {} {} (owner {})",
                    item.kind, item.name, item.owner
                ));
            }
        }
        self.say(&format!("Fingerprint {}", plan.fingerprint));
    }

    /// One event of an operation.
    ///
    /// # Errors
    /// When JSON goes to a pipe that nobody reads.
    pub fn progress(self, progress: &Progress) -> Result<(), Closed> {
        if self.is_json() {
            return self.json_line(progress);
        }
        match progress {
            Progress::Started { .. } | Progress::StatementStarted { .. } => {}
            Progress::StatementFinished {
                sql,
                ok,
                outcome,
                seconds,
                ..
            } => {
                let mark = if *ok {
                    self.paint("ok ", "32")
                } else {
                    self.paint("ERR", "1;31")
                };
                self.say(&format!("{mark} {sql}  [{outcome}, {seconds:.2} s]"));
            }
            Progress::Model {
                name,
                state,
                seconds,
                message,
                done,
                total,
            } => {
                let state = match state {
                    ModelState::Running => return Ok(()),
                    ModelState::Done => self.paint("built", "32"),
                    ModelState::Failed => self.paint("FAILED", "1;31"),
                    ModelState::Skipped => self.paint("skipped", "33"),
                };
                let seconds =
                    seconds.map_or_else(String::new, |seconds| format!(" in {seconds:.2} s"));
                let message = message
                    .as_ref()
                    .map_or_else(String::new, |message| format!(": {message}"));
                self.say(&format!("{done}/{total} {name} {state}{seconds}{message}"));
            }
            Progress::Log { line } => self.say(&format!("  {line}")),
            Progress::Waiting {
                hydrated,
                total,
                missing,
            } => {
                self.say(&format!(
                    "{hydrated} of {total} hydrated; waiting for {}",
                    missing.join("; ")
                ));
            }
            Progress::Committing => self.say("Committing; from here on the answer is waited for."),
            Progress::Committed => self.say("Committed."),
            Progress::Note { text } => self.must_say(text),
            Progress::Finished(outcome) => self.outcome(outcome),
        }
        Ok(())
    }

    /// How it ended.
    pub fn outcome(self, outcome: &Outcome) {
        self.must_say(&outcome.message);
        if let Some(next) = &outcome.next {
            self.must_say(&format!("Next: {next}"));
        }
        if let Some(audit) = &outcome.audit {
            self.say(&format!("Audit: {}", audit.display()));
        }
    }
}
