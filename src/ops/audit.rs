//! The audit trail: every statement before and after it runs, as JSON lines, one file per operation.

use crate::domain::action::Operation;
use crate::domain::history::{AuditEntry, AuditStatement};
use crate::domain::plan::Plan;
use crate::ops::progress::Outcome;
use serde::{Deserialize, Serialize};
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
    Ended {
        at: String,
        outcome: String,
        message: String,
        seconds: f64,
    },
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
    pub fn begin(dir: &Path, plan: &Plan, by: &str) -> io::Result<Self> {
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
        audit.append(&Line::Began {
            at,
            operation: plan.operation,
            environment: plan.environment.clone(),
            by: by.to_owned(),
            fingerprint: plan.fingerprint.to_string(),
            findings: plan
                .findings
                .iter()
                .map(|finding| {
                    format!(
                        "{} {}: {}",
                        finding.severity,
                        finding.id,
                        finding.objects.join(", ")
                    )
                })
                .collect(),
            closure: plan
                .closure
                .iter()
                .map(|item| format!("{} {} (owner {})", item.kind, item.name, item.owner))
                .collect(),
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
        self.write(&Line::Sent {
            at: now(),
            sql: sql.to_owned(),
        });
    }

    pub fn answered(&mut self, reply: &Reply<'_>) {
        self.write(&Line::Answered {
            at: now(),
            sql: reply.sql.to_owned(),
            seconds: reply.seconds,
            ok: reply.ok,
            sqlstate: reply.sqlstate.map(str::to_owned),
            outcome: reply.outcome.to_owned(),
        });
    }

    pub fn note(&mut self, text: &str) {
        self.write(&Line::Note {
            at: now(),
            text: text.to_owned(),
        });
    }

    pub fn end(&mut self, outcome: &Outcome) {
        self.write(&Line::Ended {
            at: now(),
            outcome: outcome.outcome.as_str().to_owned(),
            message: outcome.message.clone(),
            seconds: self.began.elapsed().as_secs_f64(),
        });
    }

    fn write(&mut self, line: &Line) {
        if let Err(error) = self.append(line) {
            tracing::error!(%error, file = %self.path.display(), "the audit file can't be written");
            self.failure.get_or_insert_with(|| error.to_string());
        }
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
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
    files
        .iter()
        .filter_map(|file| read_entry(file).transpose())
        .collect()
}

/// One file; `None` when it does not begin as an audit file does. A line that was cut off ends it.
fn read_entry(file: &Path) -> io::Result<Option<AuditEntry>> {
    let mut entry: Option<AuditEntry> = None;
    for line in BufReader::new(File::open(file)?).lines() {
        let Ok(line) = serde_json::from_str::<Line>(&line?) else {
            break;
        };
        match (line, &mut entry) {
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
        Line::Note { .. } | Line::Began { .. } => {}
    }
}
