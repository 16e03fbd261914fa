//! The audit trail: every statement before and after it runs, as JSON lines, one file per operation.

use crate::domain::action::Operation;
use crate::domain::finding::Finding;
use crate::domain::history::{AuditEntry, AuditStatement};
use crate::domain::last_build::{Built, LastBuild};
use crate::domain::name::SchemaId;
use crate::domain::plan::{Plan, Proof};
use crate::ops::progress::Outcome;
use crate::ops::secrets::hide;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// One line of an audit file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line {
    Began {
        at: String,
        operation: Operation,
        environment: String,
        by: String,
        fingerprint: String,
        /// Findings as `severity id: objects`, with what was allowed among them.
        findings: Vec<String>,
        /// What a drop takes along, as `kind name (owner)`.
        closure: Vec<String>,
        /// The ids of the schemas that a deploy or a sync builds in.
        #[serde(default)]
        builds_in: Vec<SchemaId>,
    },
    /// A deploy or a sync ended as a whole: what stands in its schemas now.
    Built {
        at: String,
        #[serde(flatten)]
        built: Built,
    },
    Sent {
        at: String,
        sql: String,
    },
    Answered {
        at: String,
        sql: String,
        seconds: f64,
        ok: bool,
        sqlstate: Option<String>,
        outcome: String,
    },
    Note {
        at: String,
        text: String,
    },
    /// What was looked at under the fence, right before COMMIT, and found to be what was confirmed.
    Looked {
        at: String,
        /// Of the reading, milliseconds on the server's clock.
        logical_time: u64,
        fingerprint: String,
        /// The names of the environment with their ids, before the swap.
        ids: Vec<String>,
        /// How many objects of both sides, and sinks, were compared by id and definition.
        objects: usize,
        /// As `severity id: objects`.
        findings: Vec<String>,
    },
    Ended {
        at: String,
        outcome: String,
        message: String,
        seconds: f64,
    },
}

impl Line {
    /// The line without secrets, in whatever others wrote: statements, answers, messages. What is read back stays as it is.
    fn without_secrets(mut self) -> Self {
        let texts: Vec<&mut String> = match &mut self {
            Self::Began {
                findings, closure, ..
            } => findings.iter_mut().chain(closure).collect(),
            Self::Looked { findings, .. } => findings.iter_mut().collect(),
            Self::Sent { sql, .. } => vec![sql],
            Self::Answered { sql, outcome, .. } => vec![sql, outcome],
            Self::Note { text, .. } => vec![text],
            Self::Ended { message, .. } => vec![message],
            Self::Built { .. } => Vec::new(),
        };
        for text in texts {
            *text = hide(text).into_owned();
        }
        self
    }
}

/// The open audit file of one operation.
#[derive(Debug)]
pub struct AuditFile {
    path: PathBuf,
    file: File,
    began: std::time::Instant,
    failure: Option<String>,
}

/// What the server said to one statement.
#[derive(Debug, Clone)]
pub struct Reply<'a> {
    pub sql: &'a str,
    pub seconds: f64,
    pub ok: bool,
    pub sqlstate: Option<&'a str>,
    pub outcome: &'a str,
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

impl AuditFile {
    /// Opens the file of an operation that is about to run.
    ///
    /// # Errors
    /// When the folder or the file can't be made: then the operation must not run.
    pub fn begin(dir: &Path, plan: &Plan, by: &str, builds_in: Vec<SchemaId>) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let at = now();
        let stem: String = at
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let path = dir.join(format!("{stem}-{}.jsonl", plan.operation));
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&path)?;
        let mut audit = Self {
            path,
            file,
            began: std::time::Instant::now(),
            failure: None,
        };
        audit.append(Line::Began {
            at,
            operation: plan.operation,
            environment: plan.environment.clone(),
            by: by.to_owned(),
            fingerprint: plan.fingerprint.to_string(),
            findings: plan.findings.iter().map(Finding::line).collect(),
            closure: plan
                .closure
                .iter()
                .map(|item| format!("{} {} (owner {})", item.kind, item.name, item.owner))
                .collect(),
            builds_in,
        })?;
        Ok(audit)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why a line could not be written: then nothing more may be sent.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    pub fn sent(&mut self, sql: &str) {
        self.write(Line::Sent {
            at: now(),
            sql: sql.to_owned(),
        });
    }

    pub fn answered(&mut self, reply: &Reply<'_>) {
        self.write(Line::Answered {
            at: now(),
            sql: reply.sql.to_owned(),
            seconds: reply.seconds,
            ok: reply.ok,
            sqlstate: reply.sqlstate.map(str::to_owned),
            outcome: reply.outcome.to_owned(),
        });
    }

    pub fn note(&mut self, text: &str) {
        self.write(Line::Note {
            at: now(),
            text: text.to_owned(),
        });
    }

    pub fn built(&mut self, built: Built) {
        self.write(Line::Built { at: now(), built });
    }

    pub fn looked(&mut self, proof: &Proof) {
        self.write(Line::Looked {
            at: now(),
            logical_time: proof.at().0,
            fingerprint: proof.fingerprint().to_string(),
            ids: proof.identities().bearers().collect(),
            objects: proof.identities().objects(),
            findings: proof.findings().to_vec(),
        });
    }

    pub fn end(&mut self, outcome: &Outcome) {
        self.write(Line::Ended {
            at: now(),
            outcome: outcome.outcome.as_str().to_owned(),
            message: outcome.message.clone(),
            seconds: self.began.elapsed().as_secs_f64(),
        });
    }

    fn write(&mut self, line: Line) {
        if let Err(error) = self.append(line) {
            tracing::error!(%error, file = %self.path.display(), "the audit file can't be written");
            self.failure.get_or_insert_with(|| error.to_string());
        }
    }

    fn append(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_string(&line.without_secrets())?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        // A crash right after must not lose the line that explains it.
        self.file.sync_data()
    }
}

/// Past operations, newest first. A folder that does not exist is an empty trail.
///
/// # Errors
/// When the folder or a file in it can't be read.
pub fn history(dir: &Path) -> io::Result<Vec<AuditEntry>> {
    files(dir)?
        .iter()
        .filter_map(|file| read_entry(file).transpose())
        .collect()
}

/// The last deploy or sync on any of these schemas, by this machine.
#[must_use]
pub fn last_build(dir: &Path, environment: &str, schemas: &BTreeSet<SchemaId>) -> LastBuild {
    let files = match files(dir) {
        Ok(files) => files,
        Err(error) => return LastBuild::Untold(unread(dir, &error)),
    };
    for file in &files {
        match read_build(file, environment, schemas) {
            Ok(Some(found)) => return found,
            Ok(None) => {}
            // What can't be read may have been the last one.
            Err(error) => return LastBuild::Untold(unread(file, &error)),
        }
    }
    LastBuild::Untold(format!(
        "no build on its schemas is on record in {}",
        dir.display()
    ))
}

fn unread(path: &Path, error: &io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}

/// What one file tells of a build in these schemas; `None` when it is of something else.
fn read_build(
    file: &Path,
    environment: &str,
    schemas: &BTreeSet<SchemaId>,
) -> io::Result<Option<LastBuild>> {
    let mut lines = lines(file)?;
    let began = match lines.next().transpose()? {
        Some(Line::Began {
            at,
            environment: of,
            builds_in,
            ..
        }) if of == environment && builds_in.iter().any(|schema| schemas.contains(schema)) => at,
        _ => return Ok(None),
    };
    for line in lines {
        if let Line::Built { built, .. } = line? {
            return Ok(Some(LastBuild::Whole(built)));
        }
    }
    Ok(Some(LastBuild::Unfinished(began)))
}

/// The audit files, newest first.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = match fs::read_dir(dir) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<PathBuf>>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.sort();
    files.reverse();
    Ok(files)
}

/// The lines of a file up to the first that is none of ours: one that was cut off ends it.
fn lines(file: &Path) -> io::Result<impl Iterator<Item = io::Result<Line>>> {
    let lines = BufReader::new(File::open(file)?).lines();
    Ok(lines.map_while(|line| {
        line.map(|line| serde_json::from_str(&line).ok())
            .transpose()
    }))
}

/// One file; `None` when it does not begin as an audit file does.
fn read_entry(file: &Path) -> io::Result<Option<AuditEntry>> {
    let mut entry: Option<AuditEntry> = None;
    for line in lines(file)? {
        match (line?, &mut entry) {
            (
                Line::Began {
                    at,
                    operation,
                    environment,
                    by,
                    ..
                },
                None,
            ) => {
                entry = Some(AuditEntry {
                    operation,
                    environment,
                    started: at,
                    by,
                    outcome: None,
                    message: String::new(),
                    seconds: None,
                    statements: Vec::new(),
                    file: file.display().to_string(),
                });
            }
            (line, Some(entry)) => add(entry, line),
            (_, None) => return Ok(None),
        }
    }
    Ok(entry)
}

fn add(entry: &mut AuditEntry, line: Line) {
    match line {
        Line::Sent { at, sql } => entry.statements.push(AuditStatement {
            at,
            sql,
            seconds: None,
            sqlstate: None,
            outcome: String::new(),
        }),
        Line::Answered {
            sql,
            seconds,
            sqlstate,
            outcome,
            ..
        } => {
            if let Some(statement) = entry
                .statements
                .iter_mut()
                .rev()
                .find(|statement| statement.sql == sql)
            {
                statement.seconds = Some(seconds);
                statement.sqlstate = sqlstate;
                statement.outcome = outcome;
            }
        }
        Line::Ended {
            outcome,
            message,
            seconds,
            ..
        } => {
            entry.outcome = Some(outcome);
            entry.message = message;
            entry.seconds = Some(seconds);
        }
        Line::Note { .. } | Line::Looked { .. } | Line::Began { .. } | Line::Built { .. } => {}
    }
}
