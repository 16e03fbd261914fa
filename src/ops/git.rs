//! What git tells of the project: the commit that is checked out, and whether it builds on another.

use super::workspace::Workspace;
use crate::domain::guard::Ancestry;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tokio::runtime::Builder;

/// How long an answer is waited for. What git is asked takes milliseconds; a folder on a network may take more.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long git is not asked again when an answer did not come.
const PAUSE: Duration = Duration::from_secs(60);

static SILENT_SINCE: Mutex<Option<Instant>> = Mutex::new(None);

impl Workspace {
    /// The commit that is checked out in the project's folder, if it is a git repository and git is there.
    #[must_use]
    pub fn commit(&self) -> Option<String> {
        head(&self.settings().project_dir)
    }

    /// How this commit, from a record, stands to the one that is checked out.
    #[must_use]
    pub fn ancestry(&self, commit: Option<&str>) -> Ancestry {
        ancestry(&self.settings().project_dir, commit)
    }
}

fn head(folder: &Path) -> Option<String> {
    let output = git(folder, &["rev-parse", "HEAD"])?;
    let sha = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !sha.is_empty()).then_some(sha)
}

fn ancestry(folder: &Path, commit: Option<&str>) -> Ancestry {
    let (commit, head) = match (commit, head(folder)) {
        (None, None) => return Ancestry::None,
        (Some(commit), Some(head)) => (commit, head),
        _ => return Ancestry::Unknown,
    };
    if commit == head {
        return Ancestry::Same;
    }
    // It comes from a comment on the server, which anybody may have written.
    if !is_commit(commit) {
        return Ancestry::Unknown;
    }
    let asked = [
        "merge-base",
        "--is-ancestor",
        "--end-of-options",
        commit,
        &head,
    ];
    match git(folder, &asked).and_then(|output| output.status.code()) {
        Some(0) => Ancestry::Ancestor,
        // No ancestor, or a commit that is not here: only a whole history tells.
        Some(1 | 128) if is_whole(folder) => Ancestry::Unrelated,
        _ => Ancestry::Unknown,
    }
}

/// A full object name, of SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_whole(folder: &Path) -> bool {
    git(folder, &["rev-parse", "--is-shallow-repository"])
        .is_some_and(|output| output.status.success() && output.stdout.trim_ascii() == b"false")
}

/// `None` where git is not there, or does not answer in time.
fn git(folder: &Path, arguments: &[&str]) -> Option<Output> {
    if is_silent() {
        return None;
    }
    let answer = ask("git".as_ref(), folder, arguments, DEADLINE)?;
    if answer.is_none() {
        tracing::warn!("git does not answer, so commits are unknown for now");
        *SILENT_SINCE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
    answer
}

/// Whether git was asked in vain not long ago. Each plan asks several times: that all of them wait would be felt.
fn is_silent() -> bool {
    let since = SILENT_SINCE.lock().unwrap_or_else(PoisonError::into_inner);
    since.is_some_and(|since| since.elapsed() < PAUSE)
}

/// The answer, which is `None` where it did not come in time: then the program is ended. No outer `Some` where it can't be run.
///
/// It runs beside whatever runtime the caller is on, and is waited for here.
fn ask(
    program: &OsStr,
    folder: &Path,
    arguments: &[&str],
    deadline: Duration,
) -> Option<Option<Output>> {
    let run = || {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(async {
            let answer = Command::new(program)
                .args(arguments)
                .current_dir(folder)
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            match tokio::time::timeout(deadline, answer).await {
                Ok(answer) => answer.ok().map(Some),
                Err(_) => Some(None),
            }
        })
    };
    std::thread::scope(|scope| scope.spawn(run).join().ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, arguments: &[&str]) -> String {
        let mut all = vec!["-c", "user.name=a", "-c", "user.email=a@example.org"];
        all.extend(arguments);
        let output = git(folder, &all).unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(folder: &Path, message: &str) -> String {
        run(
            folder,
            &["commit", "--quiet", "--allow-empty", "-m", message],
        );
        head(folder).unwrap()
    }

    #[test]
    fn what_does_not_answer_is_ended_and_what_is_not_there_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let ask = |program: &str, argument| {
            let limit = Duration::from_millis(50);
            ask(program.as_ref(), folder.path(), &[argument], limit)
        };
        assert_eq!(ask("sleep", "600"), Some(None));
        assert_eq!(ask("no-such-program", "600"), None);
    }

    #[test]
    fn a_commit_is_an_ancestor_or_not_and_a_shallow_clone_does_not_tell() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        assert_eq!(ancestry(here, None), Ancestry::None);
        run(here, &["init", "--quiet", "-b", "main"]);
        let first = commit(here, "first");
        let second = commit(here, "second");
        run(here, &["checkout", "--quiet", "-b", "other", &first]);
        let other = commit(here, "other");
        assert_eq!(ancestry(here, Some(&other)), Ancestry::Same);
        assert_eq!(ancestry(here, Some(&first)), Ancestry::Ancestor);
        assert_eq!(ancestry(here, Some(&second)), Ancestry::Unrelated);
        assert_eq!(ancestry(here, Some(&"0".repeat(40))), Ancestry::Unrelated);
        for text in ["--help", "HEAD", "main", ""] {
            assert_eq!(ancestry(here, Some(text)), Ancestry::Unknown, "{text}");
        }
        assert_eq!(ancestry(here, None), Ancestry::Unknown);
        let shallow = folder.path().join("shallow");
        let from = format!("file://{}", here.display());
        let into = shallow.display().to_string();
        run(
            here,
            &[
                "clone", "--quiet", "--depth", "1", "--branch", "other", &from, &into,
            ],
        );
        assert_eq!(ancestry(&shallow, Some(&other)), Ancestry::Same);
        assert_eq!(ancestry(&shallow, Some(&first)), Ancestry::Unknown);
        assert_eq!(ancestry(&shallow, Some(&second)), Ancestry::Unknown);
    }
}
