//! What git tells of the project: the commit that is checked out, and whether it builds on another.

use super::session::Session;
use crate::domain::guard::Ancestry;
use std::path::Path;
use std::process::{Command, Output, Stdio};

impl Session {
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

/// `None` where git is not there.
fn git(folder: &Path, arguments: &[&str]) -> Option<Output> {
    Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .ok()
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
