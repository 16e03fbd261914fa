//! Where the `dbt` executable is, and which Python interpreter it belongs to.

use super::process::ProcessError;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How much of an executable is read to find its interpreter.
const HEAD_BYTES: u64 = 4096;

/// An interpreter with the arguments that the executable gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

/// The file that a name or path means, as a shell started in `dir` finds it.
///
/// # Errors
/// When there is none, or it may not be run.
pub fn find(program: &str, dir: &Path) -> Result<PathBuf, ProcessError> {
    let candidates: Vec<PathBuf> = if program.contains('/') {
        vec![dir.join(program)]
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|folder| dir.join(folder).join(program))
            .collect()
    };
    let files: Vec<PathBuf> = candidates
        .into_iter()
        .filter(|file| file.is_file())
        .collect();
    let may_run = |file: &&PathBuf| {
        file.metadata()
            .is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
    };
    match files.iter().find(may_run) {
        Some(file) => Ok(file.clone()),
        None if files.is_empty() => Err(ProcessError::Missing {
            program: program.to_owned(),
        }),
        None => Err(ProcessError::Start {
            program: program.to_owned(),
            source: io::ErrorKind::PermissionDenied.into(),
        }),
    }
}

/// The Python interpreter behind an executable's first line. `None`: it is no Python program, as far as can be told.
#[must_use]
pub fn interpreter(executable: &Path) -> Option<Interpreter> {
    let mut head = Vec::new();
    let file = File::open(executable).ok()?;
    file.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    read(&String::from_utf8_lossy(&head))
}

fn read(head: &str) -> Option<Interpreter> {
    let mut lines = head.lines();
    let mut words = lines.next()?.strip_prefix("#!")?.split_whitespace();
    let program = words.next()?;
    match base(program) {
        "env" => {
            let mut words = words.skip_while(|word| word.starts_with('-') || word.contains('='));
            python(words.next()?, words)
        }
        // pip writes this where the interpreter's path is too long, or has a blank, for a first line.
        "sh" => {
            let line = lines.next()?.strip_prefix("'''exec' ")?;
            let path = match line.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next()?,
                None => line.split_whitespace().next()?,
            };
            python(path, std::iter::empty())
        }
        _ => python(program, words),
    }
}

fn python<'w>(program: &str, arguments: impl Iterator<Item = &'w str>) -> Option<Interpreter> {
    let name = base(program);
    (name.starts_with("python") || name.starts_with("pypy")).then(|| Interpreter {
        program: program.into(),
        arguments: arguments.map(str::to_owned).collect(),
    })
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(head: &str) -> Option<(String, Vec<String>)> {
        let found = read(head)?;
        Some((found.program.display().to_string(), found.arguments))
    }

    #[test]
    fn the_interpreter_stands_in_the_first_lines() {
        let plain = |program: &str| Some((program.to_owned(), Vec::new()));
        assert_eq!(
            found("#!/v/bin/python3\nimport dbt"),
            plain("/v/bin/python3")
        );
        assert_eq!(
            found("#!/usr/bin/python3 -sE\n"),
            Some(("/usr/bin/python3".into(), vec!["-sE".into()]))
        );
        assert_eq!(found("#!/usr/bin/env python3.11\n"), plain("python3.11"));
        assert_eq!(found("#! /usr/bin/env -S python3\n"), plain("python3"));
        let long = "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\n";
        assert_eq!(found(long), plain("/a b/bin/python"));
        for other in [
            "#!/usr/bin/env bash\nexec pyenv exec dbt",
            "#!/bin/sh\nexec dbt",
            "\u{7f}ELF",
            "",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn a_program_that_may_not_be_run_is_no_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dbt"), "").unwrap();
        let refused = find("./dbt", folder.path()).unwrap_err();
        assert!(matches!(refused, ProcessError::Start { .. }), "{refused}");
        let missing = find("./nothing", folder.path()).unwrap_err();
        assert!(matches!(missing, ProcessError::Missing { .. }), "{missing}");
    }
}
