//! What goes where: stdout is data, stderr is words.

pub use super::sink::Closed;

use super::args::{Common, OutputFormat};
use super::report;
use super::sink::{self, Words};
use crate::domain::failure::Remedy;
use crate::domain::finding::{Finding, Severity};
use crate::domain::plan::{ClosureItem, Plan, STOP_AT_FAILURE};
use crate::domain::quantity::MOST_NAMED;
use crate::ops::error::OpsError;
use crate::ops::progress::{ModelState, Outcome, Progress};
use serde::Serialize;

/// Writes a command's results and words.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    pub output: OutputFormat,
    quiet: bool,
    verbose: bool,
    color: bool,
}

impl Printer {
    /// One without colours: whether there are any is a setting.
    #[must_use]
    pub fn new(common: &Common) -> Self {
        Self {
            output: common.output,
            quiet: common.quiet,
            verbose: common.verbose > 0,
            color: false,
        }
    }

    #[must_use]
    pub fn with_color(self, color: bool) -> Self {
        Self { color, ..self }
    }

    #[must_use]
    pub fn is_json(self) -> bool {
        self.output == OutputFormat::Json
    }

    /// One line of data.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn data(self, line: &str) -> Result<(), Closed> {
        sink::data(line)
    }

    /// One JSON value, pretty where it is the whole answer.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn json(self, value: &impl Serialize) -> Result<(), Closed> {
        sink::json(&serde_json::to_string_pretty(value).unwrap_or_default())
    }

    /// One JSON line of a stream.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn json_line(self, value: &impl Serialize) -> Result<(), Closed> {
        sink::json(&serde_json::to_string(value).unwrap_or_default())
    }

    /// A plan's SQL, for psql. Commented out where the plan must not run, and where it holds what a terminal would obey or a secret: neither can
    /// be written otherwise.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn sql(self, plan: &Plan) -> Result<(), Closed> {
        let script = plan.script();
        let harmless = sink::is_harmless(&script);
        let public = sink::holds_no_secret(&script);
        if !public && !plan.is_blocked() {
            self.must_say(
                "The SQL holds a secret, so it is commented out, with `***` in the secret's place.",
            );
        } else if !harmless && !plan.is_blocked() {
            self.must_say(
                "The SQL holds characters that a terminal or a CI system would obey, so it is commented out with them written out; `--output json` has it as it is.",
            );
        }
        let runnable = harmless && public && !plan.is_blocked();
        if runnable && !script.is_empty() {
            sink::sql(&[STOP_AT_FAILURE.to_owned()], true)?;
        }
        sink::sql(&script, runnable)
    }

    /// Words for people, unless they asked for quiet.
    pub fn say(self, line: &str) {
        if !self.quiet {
            self.must_say(line);
        }
    }

    /// Words that quiet does not silence. A closed stderr is no reason to fail.
    pub fn must_say(self, line: &str) {
        sink::say(&Words::new(line));
    }

    /// Words that begin with some in a colour, unless there are none.
    fn painted(self, before: &str, text: &str, code: &str) -> Words {
        let words = Words::new(before);
        if self.color {
            words.and_painted(text, code)
        } else {
            words.and(text)
        }
    }

    fn say_words(self, words: &Words) {
        if !self.quiet {
            sink::say(words);
        }
    }

    /// Puts a question to the person at the terminal; `false` where nobody can be asked.
    #[must_use]
    pub fn ask(self, question: &str) -> bool {
        sink::ask(question)
    }

    /// A finding with its remedy and objects.
    pub fn finding(self, finding: &Finding) {
        let code = match finding.severity {
            Severity::Block => "1;31",
            Severity::Warn => "33",
            Severity::Info => "2",
        };
        let head = format!("{:7} {}", finding.severity, finding.id);
        let words = self.painted("", &head, code);
        sink::say(&words.and(&format!("  {}", finding.message)));
        for object in finding.objects.iter().take(MOST_NAMED) {
            self.must_say(&format!("          - {object}"));
        }
        if let Some(rest) = rest(finding.objects.len()) {
            self.must_say(&format!("          {rest}"));
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
            self.closure(&plan.closure);
        }
        self.say(&format!("Fingerprint {}", plan.fingerprint));
    }

    /// What goes with a drop: first what stands outside the side, which nobody expects.
    fn closure(self, closure: &[ClosureItem]) {
        self.say(&format!("Goes with it ({}):", closure.len()));
        let (inside, outside): (Vec<_>, Vec<_>) = closure.iter().partition(|item| item.inside);
        for (mark, item) in outside
            .iter()
            .map(|item| ("!", item))
            .chain(inside.iter().map(|item| (" ", item)))
            .take(MOST_NAMED)
        {
            self.say(&format!(
                "  {mark} {} {} (owner {})",
                item.kind, item.name, item.owner
            ));
        }
        if let Some(rest) = rest(closure.len()) {
            let unlisted = outside.len().saturating_sub(MOST_NAMED);
            let warned = match unlisted {
                0 => String::new(),
                unlisted => format!("; {unlisted} of these outside the side"),
            };
            self.say(&format!("    {rest}{warned}"));
        }
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
                let (mark, code) = if *ok { ("ok ", "32") } else { ("ERR", "1;31") };
                let rest = format!(" {sql}  [{outcome}, {seconds:.2} s]");
                self.say_words(&self.painted("", mark, code).and(&rest));
            }
            Progress::Model {
                name,
                state,
                seconds,
                message,
                done,
                total,
            } => {
                let (state, code) = match state {
                    ModelState::Running => return Ok(()),
                    ModelState::Done => ("built", "32"),
                    ModelState::Failed => ("FAILED", "1;31"),
                    ModelState::Skipped => ("skipped", "33"),
                };
                let seconds =
                    seconds.map_or_else(String::new, |seconds| format!(" in {seconds:.2} s"));
                let message = message
                    .as_ref()
                    .map_or_else(String::new, |message| format!(": {message}"));
                let words = self.painted(&format!("{done}/{total} {name} "), state, code);
                self.say_words(&words.and(&format!("{seconds}{message}")));
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
            Progress::NotCommitted => self.say("Not committed."),
            Progress::Note { text } => self.must_say(text),
            Progress::Finished(outcome) => self.outcome(outcome),
        }
        Ok(())
    }

    /// Why a command could not do its work. With `-v` as a report, with each cause in a line of its own.
    pub fn failure(self, error: &OpsError) {
        if self.is_json() {
            // A closed pipe is no reason to say more.
            let _ = self.json_line(&Progress::Finished(Outcome::from(error)));
            return;
        }
        if self.verbose {
            return self.must_say(&report::of(error));
        }
        match error.problems() {
            [] => self.failed(&error.told(), error.remedy().as_deref()),
            problems => {
                let mut next = problems.iter().skip(1);
                for problem in problems {
                    // What helps against several in a row is said once.
                    let same = next
                        .next()
                        .is_some_and(|next| next.remedy == problem.remedy);
                    let remedy = (!same).then_some(problem.remedy.as_str());
                    self.failed(&problem.to_string(), remedy);
                }
            }
        }
    }

    fn failed(self, message: &str, remedy: Option<&str>) {
        self.must_say(message);
        if let Some(remedy) = remedy {
            self.must_say(&format!("Hint: {remedy}"));
        }
    }

    /// How it ended.
    pub fn outcome(self, outcome: &Outcome) {
        self.failed(&outcome.message, outcome.remedy.as_deref());
        if let Some(next) = &outcome.next {
            self.must_say(&format!("Next: {next}"));
        }
        if let Some(audit) = &outcome.audit {
            self.say(&format!("Audit: {}", audit.display()));
        }
    }
}

/// The line that stands for what a list of this length leaves out.
fn rest(length: usize) -> Option<String> {
    let more = length.checked_sub(MOST_NAMED).filter(|more| *more > 0)?;
    Some(format!("and {more} more; `--output json` lists all"))
}
