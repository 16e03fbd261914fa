//! Configuration from real files: precedence, places, and every mistake at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cutover::config::{
    Color, Need, Origin, Overrides, Problems, RunnerKind, Settings, Sources, Variables, Vocabulary,
    example, rows,
};
use cutover::domain::connection::SslMode;
use cutover::domain::environment::Strategy;
use cutover::domain::failure::told_with_remedy;
use std::{fs, path::Path, time::Duration};
use tempfile::TempDir;

const PROJECT: &str = "\
name: shop
profile: shop
vars:
  deployment:
    prod: {clusters: [compute], schemas: [marts, serving]}
";

const PROFILES: &str = "\
shop:
  target: prod
  outputs:
    prod: {type: materialize, host: db.example, port: 6875, user: deployer, password: s3cret, database: shop, schema: marts}
    blue: {type: materialize, host: db.example, port: 6875, user: u, database: shop, schema: blue, cluster: compute_blue}
    green: {type: materialize, host: db.example, port: 6875, user: u, database: shop, schema: green, cluster: compute_green}
";

/// A folder with files, as a project on disk.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// A whole project with this `cutover.toml`.
    fn project(config: &str) -> Self {
        Self::with(&[
            ("dbt_project.yml", PROJECT),
            ("profiles.yml", PROFILES),
            ("cutover.toml", config),
        ])
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn sources(&self, need: Need) -> Sources<'static> {
        Sources {
            flags: Overrides::default(),
            variables: [("HOME", "/home/nobody")].into_iter().collect(),
            working_dir: self.path().to_path_buf(),
            need,
            vocabulary: Vocabulary {
                actions: &["promote", "quit"],
                themes: cutover::tui::theme::names(),
            },
        }
    }

    fn load(&self) -> Result<Settings, Problems> {
        Settings::load(&self.sources(Need::Server))
    }

    /// What is wrong, with the folder's own path left out.
    fn problems(&self) -> Vec<String> {
        shown(self, &self.load().unwrap_err())
    }
}

fn shown(folder: &Folder, problems: &Problems) -> Vec<String> {
    let here = format!("{}/", folder.path().display());
    let lines = problems.list().iter();
    lines
        .map(|problem| told_with_remedy(problem).replace(&here, ""))
        .collect()
}

fn origin(settings: &Settings, key: &str) -> Origin {
    let described = settings
        .describe()
        .iter()
        .find(|setting| setting.name == key);
    described.unwrap().origin.clone()
}

#[test]
fn a_dbt_project_is_enough() {
    let folder = Folder::with(&[("dbt_project.yml", PROJECT), ("profiles.yml", PROFILES)]);
    let settings = folder.load().unwrap();
    let connection = settings.connection().unwrap();
    assert_eq!(connection.host, "db.example");
    assert_eq!(connection.sslmode, SslMode::Prefer);
    assert_eq!(settings.default_schema.as_deref(), Some("marts"));
    let environment = settings.environment().unwrap();
    assert_eq!(environment.strategy, Strategy::Swap);
    let twins: Vec<&str> = environment
        .schemas
        .iter()
        .map(|pair| pair.deployment.as_str())
        .collect();
    assert_eq!(twins, ["marts_dbt_deploy", "serving_dbt_deploy"]);
    assert_eq!(settings.target(), "prod");
    assert_eq!(settings.folders.state, folder.path().join("state"));
    assert_eq!(
        settings.folders.log_file(),
        Path::new("/home/nobody/.local/state/cutover/cutover.log")
    );
}

#[test]
fn a_project_is_found_from_a_folder_inside_it() {
    let folder = Folder::with(&[
        ("dbt_project.yml", PROJECT),
        ("profiles.yml", PROFILES),
        ("cutover.toml", "max_retries = 9\n"),
        ("models/marts/foo.sql", ""),
    ]);
    let mut sources = folder.sources(Need::Server);
    sources.working_dir = folder.path().join("models/marts");
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(settings.project_dir, folder.path());
    assert_eq!(settings.promotion.max_retries, Some(9));
}

#[test]
fn flags_beat_variables_beat_the_target_beats_the_file_beats_defaults() {
    let folder = Folder::project(
        "lag_threshold = \"2s\"\n[environment.prod]\nlag_threshold = \"3s\"\n[environment.blue]\nlag_threshold = \"9s\"\n",
    );
    let lag = |settings: &Settings| settings.waiting.lag_threshold.duration();
    let mut sources = folder.sources(Need::Tool);
    sources.flags.give("--target", "other");
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(lag(&settings), Duration::from_secs(2));
    assert_eq!(
        origin(&settings, "lag_threshold").place().unwrap().line,
        Some(1)
    );

    let mut sources = folder.sources(Need::Server);
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(lag(&settings), Duration::from_secs(3));
    assert_eq!(
        origin(&settings, "lag_threshold").place().unwrap().line,
        Some(3)
    );

    sources.variables = [("CUTOVER_LAG_THRESHOLD", "4s")].into_iter().collect();
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(lag(&settings), Duration::from_secs(4));
    assert_eq!(
        origin(&settings, "lag_threshold"),
        Origin::Variable("CUTOVER_LAG_THRESHOLD".into())
    );

    sources.flags.give("--lag-threshold", "500ms");
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(lag(&settings), Duration::from_millis(500));
    assert_eq!(
        origin(&settings, "lag_threshold"),
        Origin::Flag("--lag-threshold")
    );
    assert_eq!(origin(&settings, "timeout"), Origin::Default);
}

#[test]
fn variables_carry_numbers_truth_values_and_lists() {
    let folder = Folder::project("");
    let mut sources = folder.sources(Need::Server);
    sources.variables = [
        ("CUTOVER_MAX_RETRIES", "7"),
        ("CUTOVER_READ_ONLY", "true"),
        ("CUTOVER_DBT_ARGS", "[\"--threads\", \"4\"]"),
        ("CUTOVER_RUNNER", "compiled"),
        ("CUTOVER_TIMEOUT", ""),
    ]
    .into_iter()
    .collect();
    let settings = Settings::load(&sources).unwrap();
    assert_eq!(settings.promotion.max_retries, Some(7));
    assert!(settings.read_only);
    assert_eq!(settings.dbt.args, ["--threads", "4"]);
    assert_eq!(settings.dbt.runner, RunnerKind::Compiled);
    assert_eq!(
        settings.waiting.timeout.duration(),
        Duration::from_secs(1800)
    );
}

#[test]
fn every_mistake_is_told_at_once_with_file_and_line() {
    let folder = Folder::with(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nvars:\n  deployment:\n    prod: {scheams: [a]}\n",
        ),
        (
            "profiles.yml",
            "shop:\n  outputs:\n    prod:\n      type: materialize\n      host: h\n      port: many\n      user: \"{{ env_var('MZ_USER') }}\"\n      database: d\n",
        ),
        (
            "cutover.toml",
            "lag_treshold = \"1s\"\nmax_retries = \"many\"\ntarget = \"prod\"\ncolor = \"blue\"\ntheme = \"ansy\"\ntimeout = \"0s\"\n\n[environment.prod]\nprofile = \"x\"\n\n[keys]\npromot = [\"P\"]\nquit = [\"q\", \"q\"]\n",
        ),
    ]);
    let mut sources = folder.sources(Need::Server);
    sources.flags.give("--poll-interval", "15");
    sources.variables = [("CUTOVER_READONLY", "true")].into_iter().collect();
    let problems = shown(&folder, &Settings::load(&sources).unwrap_err());
    let starts = [
        "cutover.toml:1: there is no setting `lag_treshold`; did you mean `lag_threshold`?",
        "cutover.toml:2: `max_retries`: ",
        "cutover.toml:4: `color`: ",
        "cutover.toml:5: `theme`: there is no theme `ansy`; did you mean `ansi`?",
        "cutover.toml:6: `timeout`: it can't be zero",
        "cutover.toml:9: `profile` can't depend on the target",
        "cutover.toml:12: there is no action `promot`; did you mean `promote`?",
        "cutover.toml:13: the key `q` is bound to `quit` and",
        "dbt_project.yml:5: `vars.deployment.prod` has no `scheams`",
        "dbt_project.yml:5: `vars.deployment.prod` names neither clusters nor schemas",
        "profiles.yml:6: `port`: `many` can't be used",
        "profiles.yml:7: `user`: the environment variable `MZ_USER` is not set",
        "the environment variable CUTOVER_READONLY sets nothing; did you mean `CUTOVER_READ_ONLY`?",
        "--poll-interval: `poll_interval`: `15` is not a length of time",
    ];
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(starts) {
        assert!(
            problem.starts_with(start),
            "{problem}\nshould start with\n{start}"
        );
    }
}

#[test]
fn duplicate_settings_and_broken_toml_have_their_line() {
    let folder = Folder::project("timeout = \"1s\"\ntimeout = \"2s\"\nbadge = oops\n");
    let problems = folder.problems();
    assert!(
        problems[0].starts_with("cutover.toml:2: this is not valid TOML"),
        "{problems:#?}"
    );
    assert!(
        problems
            .iter()
            .any(|problem| problem.starts_with("cutover.toml:3")),
        "{problems:#?}"
    );
}

#[test]
fn dbt_arguments_that_could_undo_the_deploy_variable_are_refused() {
    let problems =
        Folder::project("dbt_args = [\"--threads\", \"4\", \"--vars={deploy: false}\"]\n")
            .problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with("cutover.toml:1: `dbt_args`: `--vars`"),
        "{problems:#?}"
    );
}

#[test]
fn an_unknown_target_names_those_that_exist() {
    let folder = Folder::project("");
    let mut sources = folder.sources(Need::Server);
    sources.flags.give("--target", "prd");
    let problems = shown(&folder, &Settings::load(&sources).unwrap_err()).concat();
    assert!(
        problems.contains("profile `shop` has no target `prd`"),
        "{problems}"
    );
    assert!(
        problems.contains("it has `blue`, `green`, `prod`"),
        "{problems}"
    );
}

#[test]
fn a_url_replaces_the_profile_and_needs_none() {
    let folder = Folder::with(&[("dbt_project.yml", PROJECT)]);
    let mut sources = folder.sources(Need::Server);
    sources.flags.give("--target", "prod");
    sources.flags.give(
        "--url",
        "postgres://me:s3cret@localhost:7000/shop?sslmode=disable",
    );
    let settings = Settings::load(&sources).unwrap();
    let connection = settings.connection().unwrap();
    assert_eq!(
        (connection.host.as_str(), connection.port),
        ("localhost", 7000)
    );
    assert_eq!(settings.environment().unwrap().database.as_str(), "shop");
    let described = format!("{settings:?} {:?}", settings.describe());
    assert!(!described.contains("s3cret"), "{described}");
}

#[test]
fn a_secret_that_stands_in_the_wrong_field_is_not_told() {
    let profiles = PROFILES.replace("port: 6875", "port: \"{{ env_var('DBT_ENV_SECRET_PW') }}\"");
    let folder = Folder::with(&[("dbt_project.yml", PROJECT), ("profiles.yml", &profiles)]);
    let mut sources = folder.sources(Need::Server);
    sources.variables = [("DBT_ENV_SECRET_PW", "hunter2")].into_iter().collect();
    let problems = Settings::load(&sources).unwrap_err().to_string();
    assert!(
        problems.contains("`port`: its value can't be used"),
        "{problems}"
    );
    assert!(!problems.contains("hunter2"), "{problems}");
}

#[test]
fn without_a_project_only_what_needs_one_is_refused() {
    let folder = Folder::with(&[]);
    let settings = Settings::load(&folder.sources(Need::Tool)).unwrap();
    assert!(settings.project().is_err());
    assert!(settings.connection().is_err());
    assert_eq!(settings.screen.color, Color::Auto);
    let problems = folder.problems();
    assert!(problems[0].contains("is no dbt project"), "{problems:#?}");
}

#[test]
fn a_project_without_a_profile_is_enough_to_compare_states() {
    let folder = Folder::with(&[("dbt_project.yml", PROJECT)]);
    let settings = Settings::load(&folder.sources(Need::Project)).unwrap();
    assert_eq!(settings.project().unwrap().name, "shop");
    assert!(settings.connection().is_err());
}

#[test]
fn strategy_targets_takes_names_from_both_connections() {
    let config = "strategy = \"targets\"\ntarget = \"blue\"\ntargets = { blue = \"blue\", green = \"green\" }\n";
    let settings = Folder::project(config).load().unwrap();
    let environment = settings.environment().unwrap();
    assert_eq!(environment.clusters[0].production.as_str(), "compute_blue");
    assert_eq!(environment.clusters[0].deployment.as_str(), "compute_green");
    assert_eq!(environment.schemas[0].deployment.as_str(), "green");

    let same = "strategy = \"targets\"\ntargets = { blue = \"blue\", green = \"blue\" }\n";
    let problems = Folder::project(same).problems();
    assert!(
        problems[0].contains("`blue` stands among the schemas of both targets"),
        "{problems:#?}"
    );

    let nameless = Folder::project("strategy = \"targets\"\n").problems();
    assert!(
        nameless[0].starts_with("cutover.toml:1: `strategy`"),
        "{nameless:#?}"
    );
}

#[test]
fn paths_in_the_file_start_from_the_file() {
    let folder = Folder::with(&[
        ("project/dbt_project.yml", PROJECT),
        ("project/profiles.yml", PROFILES),
        (
            "ops/cutover.toml",
            "project_dir = \"../project\"\nstate_dir = \"kept\"\ndbt = \"bin/dbt\"\n",
        ),
    ]);
    let mut sources = folder.sources(Need::Server);
    sources.flags.config = Some("ops/cutover.toml".into());
    let settings = Settings::load(&sources).unwrap();
    let ops = folder.path().join("ops");
    assert_eq!(settings.project_dir, ops.join("../project"));
    assert_eq!(settings.folders.state, ops.join("kept"));
    assert_eq!(settings.folders.audit, ops.join("kept/audit"));
    assert_eq!(settings.dbt.executable, ops.join("bin/dbt"));
    sources.flags.config = Some("nowhere.toml".into());
    assert!(
        Settings::load(&sources)
            .unwrap_err()
            .to_string()
            .contains("nowhere.toml")
    );
}

/// The example with its settings without a default switched on: `#name = ...` becomes `name = ...`.
fn uncommented() -> String {
    let example = example();
    let settings = example
        .lines()
        .filter(|line| !line.starts_with("validate = []"));
    let lines = settings.map(|line| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where it differs, copy what is printed.
#[test]
fn the_example_file_is_what_the_table_of_settings_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    let (kept, made) = (fs::read_to_string(file).unwrap(), example());
    assert!(kept == made, "config.example.toml should be\n{made}");
}

#[test]
fn the_example_as_it_stands_changes_nothing() {
    let bare = Folder::project("").load().unwrap();
    let example = Folder::project(&example()).load().unwrap();
    for (default, shown) in bare.describe().iter().zip(example.describe()) {
        assert_eq!(default.name, shown.name);
        // Paths are those of two folders.
        if !default.name.ends_with("_dir") {
            assert_eq!(default.value, shown.value, "{}", default.name);
        }
    }
}

#[test]
fn the_example_loads_with_everything_switched_on() {
    let folder = Folder::with(&[
        ("dbt_project.yml", PROJECT),
        ("profiles.yml", &PROFILES.replace("prod:", "production:")),
        ("cutover.toml", &uncommented()),
    ]);
    let settings = Settings::load(&folder.sources(Need::Tool)).unwrap();
    assert_eq!(settings.screen.badge, "PRODUCTION");
    assert_eq!(settings.screen.keys[0].keys, ["q", "f10"]);
    assert_eq!(settings.validate[0].command, ["dbt", "test"]);
    for setting in settings.describe() {
        assert!(setting.origin.place().is_some(), "{setting:?}");
    }
}

#[test]
fn every_row_of_the_table_is_read_and_told() {
    let settings = Folder::project("").load().unwrap();
    let told: Vec<&str> = settings.describe().iter().map(|one| one.name).collect();
    let table: Vec<&str> = rows().map(|row| row.setting().key).collect();
    assert_eq!(told, table);
}

#[test]
fn empty_variables_count_as_unset() {
    let variables: Variables = [("A", "")].into_iter().collect();
    assert_eq!(
        (variables.get("A"), variables.filled("A")),
        (Some(""), None)
    );
}

#[test]
fn how_long_readiness_must_hold_is_set_like_every_other_waiting() {
    let folder = Folder::project("settle = \"10s\"\n");
    let mut sources = folder.sources(Need::Server);
    let settle = |sources: &Sources| {
        let settings = Settings::load(sources).unwrap();
        settings.waiting.settle.duration()
    };
    assert_eq!(settle(&sources), Duration::from_secs(10));
    sources.flags.give("--settle", "0s");
    assert_eq!(
        settle(&sources),
        Duration::ZERO,
        "the first reading is enough"
    );
}
