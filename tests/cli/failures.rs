//! Every kind of failure: message, cause and remedy are told once each, a password never, and the exit code is the kind's.

use crate::server::{self, serve};
use crate::{Ended, command, project};
use cutover::ops::error::FailureKind;
use cutover::sim::{Simulator, World};
use std::fs;
use std::net::TcpListener;
use std::path::Path;

const PASSWORD: &str = "hunter2";

/// A command that fails, and what it must tell.
struct Failing {
    kind: FailureKind,
    words: Vec<String>,
    message: String,
    cause: Option<&'static str>,
    remedy: &'static str,
}

fn failing(kind: FailureKind, words: &[&str], message: &str, remedy: &'static str) -> Failing {
    Failing {
        kind,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        message: message.to_owned(),
        cause: None,
        remedy,
    }
}

impl Failing {
    fn because(self, cause: &'static str) -> Self {
        Self {
            cause: Some(cause),
            ..self
        }
    }

    fn run(&self, folder: &Path, more: &[&str]) -> Ended {
        let mut command = command(folder);
        command.env_remove("RUST_BACKTRACE");
        command.env("DBT_ENV_SECRET_MZ_PASSWORD", PASSWORD);
        let ended = Ended::of(command.args(&self.words).args(more).output().unwrap());
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.contains(PASSWORD), "{:?} {more:?}: {all}", self.words);
        ended.with_code(self.kind.outcome().exit_code().into())
    }

    /// What must be told, once each.
    fn parts(&self) -> impl Iterator<Item = &str> {
        [Some(self.message.as_str()), self.cause, Some(self.remedy)]
            .into_iter()
            .flatten()
    }

    fn check(&self, folder: &Path) {
        for verbosity in [&[][..], &["-v"], &["-vv"]] {
            let ended = self.run(folder, verbosity);
            let what = format!("{:?} {verbosity:?}", self.words);
            for part in self.parts() {
                let told = ended.stderr.matches(part).count();
                assert_eq!(told, 1, "{what}: `{part}` in\n{}", ended.stderr);
            }
            assert_eq!(ended.stdout, "", "{what}");
        }
        let ended = self.run(folder, &["--output", "json"]);
        let event: serde_json::Value = serde_json::from_str(ended.stdout.trim()).unwrap();
        crate::schema::Schema::named("event").check(&event);
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        let all = format!("{}\n{}", text("message"), text("remedy"));
        for part in self.parts() {
            assert_eq!(all.matches(part).count(), 1, "{part}: {event}");
        }
        assert!(text("remedy").contains(self.remedy), "{event}");
    }
}

fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A server that lets `operator` in with another password than ours.
fn guarded() -> (tokio::runtime::Runtime, Simulator) {
    let role = "[[role]]\nname = \"operator\"\npassword = \"right horse\"";
    serve(World::from_toml(role).unwrap())
}

#[test]
fn every_kind_tells_message_cause_and_remedy_once() {
    let project = project();
    let here = project.path();
    let url = |address: &str| {
        format!("postgres://operator:{PASSWORD}@{address}/materialize?sslmode=disable")
    };
    let (_runtime, guarded) = guarded();
    let (_other, open) = serve(World::named("demo").unwrap());
    let (gone, guarded) = (closed_port(), guarded.address().to_string());
    let open = server::url(open.address());
    fs::write(here.join("a-file"), "").unwrap();
    fs::write(here.join("bad.toml"), "badge = 3\n").unwrap();
    fs::write(
        here.join("no-dbt.toml"),
        "dbt = \"no-such-dbt\"\nrunner = \"dbt\"\n",
    )
    .unwrap();
    let unreachable = format!("no server answers at {gone}");
    let cases = [
        failing(
            FailureKind::Usage,
            &["diff", "--select", "state:x"],
            "`x` can't stand behind `state:`",
            "use new, old, modified",
        ),
        failing(
            FailureKind::Usage,
            &["sim", "--world", "nowhere"],
            "there is no world named `nowhere`",
            "the built-in ones are",
        ),
        failing(
            FailureKind::Usage,
            &["sim", "--server-version", "26.8"],
            "`26.8` is no version that the simulator can be",
            "give one of them with --server-version",
        ),
        failing(
            FailureKind::Usage,
            &["sim", "--latency", "slow"],
            "`slow` is no latency",
            "give one with --latency",
        ),
        failing(
            FailureKind::Configuration,
            &["status", "--config", "bad.toml"],
            "bad.toml:1: `badge`: invalid type",
            "write it as in `badge = \"\"`",
        ),
        failing(
            FailureKind::Configuration,
            &["status", "--target", "nowhere"],
            "has no target `nowhere`",
            "name one with --target",
        ),
        failing(
            FailureKind::Configuration,
            &["status", "--project-dir", "models"],
            "is no dbt project",
            "go to the project's folder",
        ),
        failing(
            FailureKind::Configuration,
            &["status", "--url", &format!("postgres://u:{PASSWORD}@h:y")],
            "the URL's port is no number",
            "write postgres://",
        ),
        failing(
            FailureKind::Configuration,
            &[
                "status",
                "--url",
                &format!(
                    "postgres://u:{PASSWORD}@h?sslmode=verify-full&sslrootcert=/nowhere/ca.pem"
                ),
            ],
            "sslrootcert /nowhere/ca.pem can't be read",
            "name a PEM file",
        )
        .because("No such file or directory"),
        failing(
            FailureKind::Manifest,
            &["diff", "--manifest", "nowhere.json"],
            "can't read nowhere.json",
            "run `dbt parse`",
        )
        .because("No such file or directory"),
        failing(
            FailureKind::Manifest,
            &["diff", "--manifest", "dbt_project.yml"],
            "dbt_project.yml is not JSON",
            "write it again with `dbt parse`",
        ),
        failing(
            FailureKind::Unreachable,
            &["status", "--url", &url(&gone)],
            &unreachable,
            "check host, port and network",
        )
        .because("Connection refused"),
        failing(
            FailureKind::Unreachable,
            &["await", "--url", &url(&gone)],
            &unreachable,
            "check host, port and network",
        )
        .because("Connection refused"),
        failing(
            FailureKind::Unreachable,
            &["status", "--watch", "--url", &url(&gone)],
            &unreachable,
            "check host, port and network",
        )
        .because("Connection refused"),
        failing(
            FailureKind::Server,
            &["init", "--yes", "--url", &url(&guarded)],
            "the server does not let role `operator` in",
            "check user and password",
        ),
        failing(
            FailureKind::File,
            &["history", "--audit-dir", "a-file", "--url", &url(&gone)],
            "the audit trail in",
            "check the path and its permissions",
        )
        .because("Not a directory"),
        failing(
            FailureKind::Tool,
            &["deploy", "--yes", "--config", "no-dbt.toml", "--url", &open],
            "there is no dbt executable `no-such-dbt`",
            "install dbt-materialize",
        ),
    ];
    for kind in FailureKind::ALL {
        assert!(cases.iter().any(|case| case.kind == *kind), "{kind:?}");
    }
    for case in &cases {
        case.check(here);
    }
}

/// Neither `doctor` nor `environments` ends at a failure: they go on and tell it among other things.
#[test]
fn what_goes_on_tells_a_failure_once_too() {
    let project = project();
    let here = project.path();
    let gone = closed_port();
    let url = format!("postgres://operator:{PASSWORD}@{gone}/materialize");
    fs::write(here.join("target/manifest.json"), "{}").unwrap();
    fs::write(here.join("state/manifest.json"), "[").unwrap();
    fs::write(here.join("cutover.toml"), "dbt = \"no-such-dbt\"\n").unwrap();
    let once = |words: &[&str], parts: &[&str]| {
        let ended = crate::run(here, &[words, &["--url", &url]].concat()).with_code(1);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.contains(PASSWORD), "{words:?}: {all}");
        for part in parts {
            assert_eq!(
                all.matches(part).count(),
                1,
                "{words:?}: `{part}` in\n{all}"
            );
        }
    };
    let server = [
        "no server answers at",
        "Connection refused",
        "check host, port and network",
    ];
    for output in [&[][..], &["--output", "json"]] {
        once(&[&["environments"], output].concat(), &server);
        once(&[&["doctor"], output].concat(), &server);
        once(
            &[&["doctor"], output].concat(),
            &[
                "so it is no manifest that dbt wrote",
                "point to a manifest.json of dbt 1.0 or newer",
                "is not JSON",
                "replace the file by the manifest",
                "there is no dbt executable",
                "install dbt-materialize",
            ],
        );
    }
}

#[test]
fn a_mistyped_url_keeps_its_password() {
    let here = tempfile::tempdir().unwrap();
    let url = format!("postgres://u:{PASSWORD}@h/d");
    for words in [
        &[url.as_str()][..],
        &["status", url.as_str()],
        &["status", "--lag-threshold", url.as_str()],
        &["status", "--output", url.as_str()],
        &["init", "--allow", url.as_str(), "--url", "postgres://h"],
    ] {
        for more in [&[][..], &["-v"], &["--output", "json"]] {
            let ended = crate::run(here.path(), &[words, more].concat());
            let all = format!("{}{}", ended.stdout, ended.stderr);
            assert!(!all.contains(PASSWORD), "{words:?} {more:?}: {all}");
        }
    }
}
