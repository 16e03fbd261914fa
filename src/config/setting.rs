//! Every setting, in one table: its type, default, flags, variables, and why one would set it.
//!
//! From here come the flags of the command line, the variables, what `cutover.toml` may hold, `config.example.toml` and
//! `cutover config show`. A new setting is a row here, and a field of `settings` that something reads.

mod row;

pub use row::{Argument, Flag, Setting, SettingRow, SettingScope};
pub(super) use row::{Key, Optional};

use super::problem::{Problem, SourceLocation, suggestion};
use super::timespan::Timespan;
use super::value::{Color, KeyTable, RunnerKind, TargetNames, ValidateCommand};
use crate::domain::connection::{Deadlines, Secret};
use crate::domain::environment::Strategy;
use crate::domain::readiness::Thresholds;
use row::{anywhere, in_file, top};
use std::path::PathBuf;

/// The commands that wait for readiness.
const WAITING: &[&str] = &["await", "promote", "run"];
/// The commands that try again when another session changed the catalog.
const RETRYING: &[&str] = &["promote", "rollback"];

/// Settings of one purpose, under one heading of the example file.
pub struct Section {
    pub title: &'static str,
    /// What holds for all of them.
    pub notes: &'static [&'static str],
    pub rows: &'static [&'static dyn SettingRow],
}

/// `name: Key<type>(default) = where it may stand, ["reason"];` or `name: Optional<type> = ...` without a default.
macro_rules! settings {
    ($($title:literal $(, $note:literal)* {
        $($key:ident: $kind:ident<$type:ty>$(($default:expr))? = $setting:expr, [$($reason:literal),+];)+
    })+) => {
        pub(super) struct Table {
            $($(pub $key: $kind<$type>,)+)+
        }

        pub(super) static TABLE: Table = Table {
            $($($key: $kind::new(
                $setting.row(stringify!($key), &[$($reason),+]) $(, || $default)?
            ),)+)+
        };

        /// Every setting, in the order of the example file.
        pub static SECTIONS: &[Section] = &[
            $(Section { title: $title, notes: &[$($note),*], rows: &[$(&TABLE.$key),+] },)+
        ];
    };
}

settings! {
    "Which project, which target (these can't stand under [environment.<target>])" {
        project_dir: Optional<PathBuf> = top().dbt("DBT_PROJECT_DIR").example("\".\"").flags(&[Flag::takes(
            "--project-dir", "DIR", "The dbt project (default: the nearest one at or above the current directory)",
        )]), ["Where dbt_project.yml is. Without it: the nearest folder upwards that has one."];

        profiles_dir: Optional<PathBuf> = top().dbt("DBT_PROFILES_DIR").example("\".\"").flags(&[Flag::takes(
            "--profiles-dir", "DIR", "Where profiles.yml is",
        )]), ["Where profiles.yml is. Without it: the current folder, the project's, then ~/.dbt, as dbt looks for it."];

        profile: Optional<String> = top().dbt("DBT_PROFILE").example("\"shop\"").flags(&[Flag::takes(
            "--profile", "PROFILE", "The dbt profile, instead of the project's own",
        )]), ["The profile in profiles.yml. Without it: the one that dbt_project.yml names."];

        target: Optional<String> = top().dbt("DBT_TARGET").example("\"production\"").flags(&[Flag::takes(
            "--target", "TARGET", "The dbt target",
        ).short('t')]), ["The dbt target that is production. Without it: the profile's own `target`."];
    }

    "The server" {
        url: Optional<Secret> = anywhere()
            .example("\"postgres://operator@localhost:6875/materialize?sslmode=verify-full\"")
            .flags(&[Flag::takes(
                "--url", "URL", "The server, instead of the profile's: postgres://user@host:port/database",
            )]),
            ["Instead of the profile's connection. Put no password here: CUTOVER_URL keeps it out of the repository."];

        strategy: Key<Strategy>(Strategy::default()) = anywhere(), [
            "\"swap\": production and <name>_dbt_deploy change names in one transaction.",
            "\"targets\": two dbt targets with names of their own, between which clients move."
        ];

        targets: Optional<TargetNames> = anywhere().example("{ blue = \"blue\", green = \"green\" }"),
            ["The two targets of strategy \"targets\". Needed there, ignored otherwise."];
    }

    "Waiting for the server: past a deadline the statement is cancelled; where that is not answered either, the connection is closed",
    "(How long connecting may take is `connect_timeout` in profiles.yml or in the URL; without it 10 s.)" {
        read_deadline: Key<Timespan>(Deadlines::default().reading.into()) = anywhere(),
            ["One reading of the catalog."];

        statement_deadline: Key<Timespan>(Deadlines::default().change.into()) = anywhere(), [
            "One statement that changes something, outside of a swap: CREATE, GRANT, COMMENT, DROP, what the compiled runner builds."
        ];

        swap_deadline: Key<Timespan>(Deadlines::default().swap.into()) = anywhere(), [
            "One statement of the swap's transaction, and its COMMIT. A COMMIT without an answer is read back from the catalog."
        ];

        sink_deadline: Key<Timespan>(Deadlines::default().sink.into()) = anywhere(), [
            "How long one sink may take to move. Then it is cancelled, stays where it was, and promote tells how to finish."
        ];

        validate_deadline: Key<Timespan>(Deadlines::default().validation.into()) = anywhere(),
            ["One query of `cutover validate`."];

        stream_deadline: Key<Timespan>(Deadlines::default().stream.into()) = anywhere(), [
            "Live data without any sign of life; a healthy server gives one every second. Then it is subscribed to anew."
        ];

        cancel_deadline: Key<Timespan>(Deadlines::default().cancel.into()) = anywhere(), [
            "What a cancelled statement may take to say so, and how long a statement is still waited for after ctrl-c."
        ];
    }

    "Waiting for readiness" {
        lag_threshold: Key<Timespan>(Timespan::from_millis(Thresholds::default().lag_ms)) = anywhere()
            .flags(&[Flag::takes(
                "--lag-threshold", "TIME",
                "How far the deployment side may lag, behind the clock or behind inputs and twins, and still be ready",
            )]), [
            "An object is caught up when it trails the server's logical time by no more than this, or when it trails neither its",
            "inputs nor its twin in production by more. What has neither may trail by 5 s. A higher value promotes older data."
        ];

        settle: Key<Timespan>(Timespan::from_millis(Thresholds::default().settle_ms)) = anywhere()
            .flags(&[Flag::takes(
                "--settle", "TIME", "How long readiness must hold at every look before it counts",
            ).of(WAITING)]),
            ["How long readiness must hold, at every reading, before waiting ends. One reading that fails starts the time anew."];

        subscribe: Key<bool>(true) = anywhere().flags(&[Flag::implied_by("--poll", "false")]), [
            "Live data by SUBSCRIBE. Where it is false, or the server refuses it, the catalog is read every poll_interval instead."
        ];

        poll_interval: Key<Timespan>(Timespan::from_secs(15)) = anywhere().flags(&[
            Flag::takes("--poll", "INTERVAL", "Read the server at this interval instead of subscribing to it"),
            Flag::takes("--poll-interval", "TIME", "How often to read where SUBSCRIBE is refused").of(WAITING),
        ]), ["How often the catalog is read without SUBSCRIBE. One read costs a server a second or so."];

        timeout: Key<Timespan>(Timespan::from_secs(30 * 60)) = anywhere()
            .flags(&[Flag::takes("--timeout", "TIME", "How long to wait").of(WAITING)]),
            ["How long `await`, and `promote --wait`, wait before they give up with exit code 3."];
    }

    "Promoting" {
        retry_for: Key<Timespan>(Timespan::from_secs(60)) = anywhere().flags(&[Flag::takes(
            "--retry-for", "TIME", "How long to try again when other sessions change the catalog",
        ).of(RETRYING)]), [
            "How long a swap is tried again when other sessions change the catalog meanwhile (SQLSTATE 40001). Each try looks anew."
        ];

        max_retries: Optional<u32> = anywhere().example("20").flags(&[Flag::takes(
            "--max-retries", "N", "Tries after the first, where they are to be fewer",
        ).of(RETRYING)]), ["Further tries at most, where they are to be fewer than that time gives."];

        retry_backoff: Key<Timespan>(Timespan::from_secs(1)) = anywhere()
            .flags(&[Flag::takes("--retry-backoff", "TIME", "The longest pause before a retry").of(RETRYING)]), [
            "The longest pause between two tries. The first are shorter, and each is cut at random, so that two don't keep meeting."
        ];
    }

    "Building models" {
        runner: Key<RunnerKind>(RunnerKind::default()) = anywhere().flags(&[Flag::takes(
            "--runner", "RUNNER", "What builds models: dbt, or the experimental compiled runner",
        )]), ["\"dbt\": a `dbt run` child process. \"compiled\": the manifest's compiled SQL, without Python; experimental."];

        dbt: Key<PathBuf>(PathBuf::from("dbt")) = anywhere(),
            ["The dbt executable: a name to be found in PATH, or a path."];

        dbt_args: Key<Vec<String>>(Vec::new()) = anywhere(), ["Further arguments for every `dbt run`."];

        dbt_start_deadline: Key<Timespan>(Timespan::from_secs(2 * 60)) = anywhere(), [
            "How long dbt may take to start: to import itself, or to tell its version to `cutover doctor`. Past one of these three",
            "deadlines dbt is ended as by ctrl-c: SIGINT, at which it cancels its queries, 10 s later SIGTERM, 5 s later SIGKILL."
        ];

        dbt_read_deadline: Key<Timespan>(Timespan::from_secs(15 * 60)) = anywhere(), [
            "How long dbt may take to read the project, by one compile, parse or list. It says nothing meanwhile, so this is the time",
            "in all; without a partial parse the largest projects take minutes."
        ];

        dbt_silence_deadline: Key<Timespan>(Timespan::from_secs(15 * 60)) = anywhere(), [
            "How long dbt may say nothing while it builds; a build may take as long as it goes on talking, which it does around each",
            "statement. Raise it where one statement (a seed, a table) takes longer. The next `cutover deploy` finishes what was ended."
        ];

        validate: Key<Vec<ValidateCommand>>(Vec::new()) = anywhere()
            .example("[{ name = \"tests\", command = [\"dbt\", \"test\"] }]"), [
            "Commands that `cutover validate` runs, without a shell, after its own comparisons. Exit code 0 passes.",
            "They find CUTOVER_TARGET, CUTOVER_DATABASE, and comma-separated CUTOVER_PRODUCTION_SCHEMAS, CUTOVER_PRODUCTION_CLUSTERS,",
            "CUTOVER_DEPLOYMENT_SCHEMAS and CUTOVER_DEPLOYMENT_CLUSTERS in their environment."
        ];

        command_deadline: Key<Timespan>(Timespan::from_secs(30 * 60)) = anywhere(),
            ["How long one of these commands may take. Past it the command is killed, and has not passed."];
    }

    "Files" {
        state_dir: Optional<PathBuf> = anywhere().example("\"state\"").flags(&[Flag::takes(
            "--state-dir", "DIR", "Where saved manifests are kept (default: state in the project)",
        )]), ["Manifests of what each side holds; state/manifest.json is production's. Without it: `state` in the project."];

        audit_dir: Optional<PathBuf> = anywhere().example("\"state/audit\"").flags(&[Flag::takes(
            "--audit-dir", "DIR", "Where the audit trail is written (default: audit in the state directory)",
        )]), ["What was done to the server, statement by statement. Without it: `audit` in the state folder."];

        log_dir: Optional<PathBuf> = anywhere().example("\"logs\""), [
            "The tool's own log. Without it: cutover/ in $XDG_STATE_HOME, or in ~/.local/state.",
            "-v and -vv write more, and so does CUTOVER_LOG (cutover=debug, as the crate tracing reads it)."
        ];
    }

    "What is allowed, and how it looks" {
        read_only: Key<bool>(false) = anywhere().flags(&[Flag::means(
            "--read-only", "true", "Only look: nothing that changes the server can run",
        )]), ["Nothing that changes the server is possible."];

        badge: Key<String>(String::new()) = anywhere(),
            ["A word in the header, so that nobody mistakes this environment for another."];

        color: Key<Color>(Color::default()) = anywhere().flags(&[Flag::takes(
            "--color", "WHEN", "When to colour: auto, always, never",
        )]), ["\"auto\": colours on a terminal, unless NO_COLOR is set. \"always\", \"never\"."];

        theme: Key<String>("ansi".to_owned()) = anywhere()
            .flags(&[Flag::takes("--theme", "THEME", "A theme of the cockpit").hidden()]),
            ["A built-in theme (\"ansi\", \"mono\"), or the path of a theme file ending in .toml."];

        mouse: Key<bool>(false) = anywhere(), [
            "Clicks select and the wheel scrolls; the terminal's own text selection then needs a modifier key."
        ];

        keys: Key<KeyTable>(KeyTable::new()) = in_file().example("quit = [\"q\", \"f10\"]"), [
            "Other keys for actions, by the action's name (`?` in the cockpit lists them). A key may stand only once."
        ];
    }
}

/// Variables of ours that name no setting.
pub(super) const CONFIG_VARIABLE: &str = "CUTOVER_CONFIG";
/// What the log holds, in the form of `tracing`.
pub const LOG_VARIABLE: &str = "CUTOVER_LOG";

/// What the commands of `validate` find in their environment, and hand on to a `cutover` that they start. The first is a setting, too.
pub const COMMAND_VARIABLES: [&str; 6] = [
    "CUTOVER_TARGET",
    "CUTOVER_DATABASE",
    "CUTOVER_PRODUCTION_SCHEMAS",
    "CUTOVER_PRODUCTION_CLUSTERS",
    "CUTOVER_DEPLOYMENT_SCHEMAS",
    "CUTOVER_DEPLOYMENT_CLUSTERS",
];

/// Every row of the table.
pub fn rows() -> impl Iterator<Item = &'static dyn SettingRow> {
    SECTIONS
        .iter()
        .flat_map(|section| section.rows.iter().copied())
}

/// The setting of this name.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    rows()
        .map(SettingRow::setting)
        .find(|setting| setting.key == key)
}

impl Problem {
    /// A setting's name that does not exist, with the closest one that does.
    pub(super) fn unknown_setting(name: &str, place: SourceLocation) -> Self {
        let known = rows().map(|row| row.setting().key);
        Self::new(
            format!("there is no setting `{name}`"),
            suggestion(name, known).unwrap_or_else(|| {
                "see config.example.toml, or `cutover config init`, for all settings".to_owned()
            }),
        )
        .at(place)
    }
}
