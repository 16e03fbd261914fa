//! dbt's own selection code, in a process that stays; and this program's.

use super::Release;
use super::mutation::Sides;
use cutover::dbt::compare::{CompareOptions, Comparison};
use cutover::dbt::manifest::Manifest;
use cutover::dbt::selection::{ResourceTypes, Selection, select};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

/// What is asked about a pair.
#[derive(Debug, Clone, Serialize)]
pub struct Ask {
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// A selector of `selectors.yml`, instead of both.
    pub selector: Option<&'static str>,
    /// Names of kinds.
    pub types: Vec<String>,
    pub indirect: &'static str,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.selector {
            Some(name) => write!(f, "--selector {name}")?,
            None => write!(f, "--select {:?} --exclude {:?}", self.select, self.exclude)?,
        }
        let kinds = self.types.join(" ");
        write!(
            f,
            " --indirect-selection {} --resource-type {kinds}",
            self.indirect
        )
    }
}

/// The ids, or why there are none.
pub type Answer = Result<Vec<String>, String>;

pub enum Verdict {
    Answers(Vec<Answer>),
    /// dbt stops while it reads a state that it could have written.
    StateStops(String),
    /// The change made a manifest that no dbt writes.
    Unreadable,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Answers(Vec<SaidAnswer>),
    State(String),
    Unreadable(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SaidAnswer {
    Ids(Vec<String>),
    Error { error: String },
}

pub struct Judge {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
    judged: usize,
    unread: usize,
}

impl Judge {
    pub fn of(release: Release) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = root.join("tests/versions/judge.py");
        let mut process = Command::new(executable(release).with_file_name("python"))
            .arg(script)
            // dbt looks for the files of `path:` in the project.
            .current_dir(root.join("tests/data/versions/project"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            questions: process.stdin.take().unwrap(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
            folder: tempfile::tempdir().unwrap(),
            judged: 0,
            unread: 0,
        }
    }

    pub fn ask(&mut self, sides: &Sides, flag: Option<bool>, asks: &[Ask]) -> Verdict {
        let write = |name: &str, manifest: &Value| {
            let file = self.folder.path().join(name);
            std::fs::write(&file, manifest.to_string()).unwrap();
            file
        };
        let (before, after) = (
            write("before.json", &sides.before),
            write("after.json", &sides.after),
        );
        let request = json!({"before": before, "after": after, "flag": flag, "asks": asks});
        writeln!(self.questions, "{request}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let said: Said = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("the judge said {line:?} ({error})"));
        let verdict = match said {
            Said::Answers(answers) => Verdict::Answers(
                answers
                    .into_iter()
                    .map(|answer| match answer {
                        SaidAnswer::Ids(ids) => Ok(ids),
                        SaidAnswer::Error { error } => Err(error),
                    })
                    .collect(),
            ),
            Said::State(why) if why.starts_with("TemplateSyntaxError") => Verdict::StateStops(why),
            Said::State(why) | Said::Unreadable(why) => {
                if std::env::var_os("DIFFERENTIAL_VERBOSE").is_some() {
                    println!("unreadable: {}", why.replace('\n', " "));
                }
                Verdict::Unreadable
            }
        };
        match verdict {
            Verdict::Unreadable => self.unread += 1,
            _ => self.judged += 1,
        }
        verdict
    }

    /// How many pairs were judged, and how many dbt could not read.
    pub fn counts(&self) -> (usize, usize) {
        (self.judged, self.unread)
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The `dbt` of a release: the variable's, or the one that the script makes.
fn executable(release: Release) -> PathBuf {
    let (variable, name) = match release {
        Release::V1_11 => ("DBT", "1.11"),
        Release::V1_12 => ("DBT_1_12", "1.12"),
    };
    if let Some(dbt) = std::env::var_os(variable) {
        return dbt.into();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/dbt-venv");
    let made = Command::new(script).arg(name).output().unwrap();
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
    String::from_utf8(made.stdout).unwrap().trim().into()
}

/// What this program selects.
pub fn ours(sides: &Sides, flag: Option<bool>, asks: &[Ask]) -> Vec<Answer> {
    let read = |manifest: &Value| {
        Manifest::parse(manifest.to_string().as_bytes(), Path::new("manifest.json"))
            .map(Arc::new)
            .map_err(|error| error.to_string())
    };
    let options = CompareOptions {
        compare_unrendered: flag,
        now: jiff::Timestamp::now(),
    };
    let comparison = read(&sides.before).and_then(|before| {
        let after = read(&sides.after)?;
        Ok(Comparison::new(Some(before), after, options))
    });
    let answer = |ask: &Ask| {
        let comparison = comparison.as_ref().map_err(String::clone)?;
        let words = |error: &dyn fmt::Display| error.to_string();
        let kinds = ResourceTypes::parse(&ask.types).map_err(|error| words(&error))?;
        let selection = match ask.selector {
            Some(name) => Ok(Selection::named(name)),
            None => Selection::parse(&ask.select, &ask.exclude),
        };
        let selection = selection
            .map_err(|error| words(&error))?
            .indirect(ask.indirect.parse().unwrap())
            .resource_types(kinds);
        let found = select(comparison, &selection).map_err(|error| words(&error))?;
        Ok(found.iter().map(ToString::to_string).collect())
    };
    asks.iter().map(answer).collect()
}
