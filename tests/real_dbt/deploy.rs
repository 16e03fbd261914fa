//! `cutover` deploys with real dbt: where dbt would build is proven by dbt itself, before anything is sent.

use super::{connect, dbt, rows, server};
use cutover::config::{Need, Overrides, Settings, Sources, Vocabulary};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Finding, FindingId, Severity};
use cutover::domain::plan::{Confirmation, Plan, Request};
use cutover::ops::listener::channel;
use cutover::ops::progress::{Outcome, OutcomeKind, Progress};
use cutover::ops::sample;
use cutover::ops::workspace::Workspace;
use cutover::sim::{Simulator, World};
use std::path::Path;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The sample project beside its production, with a dbt that builds it.
pub(super) struct Shop {
    pub sim: Simulator,
    folder: TempDir,
    dbt: String,
}

impl Shop {
    pub async fn new() -> Self {
        let shop = Self {
            sim: server::start(World::named("demo").unwrap(), 10.0).await,
            folder: tempfile::tempdir().unwrap(),
            dbt: dbt().display().to_string(),
        };
        sample::unpack(shop.folder.path()).unwrap();
        let init = shop.perform(&shop.workspace(), Operation::Init).await;
        assert_eq!(init.outcome, OutcomeKind::Done, "{}", init.message);
        shop
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn url(&self) -> String {
        server::url(self.sim.address())
    }

    pub fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    pub fn workspace(&self) -> Workspace {
        self.session_by("dbt")
    }

    fn session_by(&self, runner: &str) -> Workspace {
        self.session_with(runner, &[])
    }

    fn session_with(&self, runner: &str, variables: &[(&str, &str)]) -> Workspace {
        self.write("cutover.toml", &format!("dbt = \"{}\"\n", self.dbt));
        let project = self.path().to_owned();
        let dir = project.display().to_string();
        let settings = Settings::load(&Sources {
            flags: Overrides::default()
                .with("--project-dir", &dir)
                .with("--profiles-dir", dir)
                .with("--url", self.url())
                .with("--runner", runner),
            variables: [("HOME", project.to_str().unwrap())]
                .into_iter()
                .chain(variables.iter().copied())
                .collect(),
            working_dir: project.clone(),
            need: Need::Server,
            vocabulary: Vocabulary {
                actions: &[],
                themes: &["ansi"],
            },
        });
        Workspace::new(settings.unwrap_or_else(|problems| panic!("{problems}"))).unwrap()
    }

    pub async fn plan(&self, workspace: &Workspace) -> Plan {
        let request = Request::new(Operation::Deploy);
        workspace.plan(&request).await.unwrap().plan
    }

    pub async fn perform(&self, workspace: &Workspace, operation: Operation) -> Outcome {
        let planned = workspace.plan(&Request::new(operation)).await.unwrap();
        self.execute(workspace, planned.plan).await
    }

    pub async fn execute(&self, workspace: &Workspace, plan: Plan) -> Outcome {
        let expect = Some(plan.fingerprint.to_string());
        let confirmed = plan
            .confirm(&Confirmation::Flags { expect })
            .unwrap_or_else(|refused| panic!("{refused}"));
        let (progress, _heard) = channel();
        workspace
            .execute(confirmed, progress, CancellationToken::new())
            .await
    }

    /// Ids and comments of all schemas, and ids of all objects: what a statement would have changed.
    pub async fn everything(&self) -> Vec<String> {
        let client = connect(self.sim.address()).await;
        let mut all = rows(
            &client,
            "select s.id, s.name, c.comment from mz_schemas s left join mz_internal.mz_comments c on c.id = s.id and c.object_type = 'schema' order by 1",
        )
        .await;
        all.extend(
            rows(
                &client,
                "select id, name from mz_objects where id like 'u%' order by 1",
            )
            .await,
        );
        all
    }
}

/// The findings that keep a plan off production.
pub(super) fn proofs_missing(plan: &Plan) -> Vec<&Finding> {
    let findings = plan.findings.iter();
    findings
        .filter(|finding| finding.id == FindingId::BuildsIntoProduction)
        .collect()
}

/// A project with these macros never gets a deploy, is told by which macro, and nothing is sent.
pub(super) async fn blocked(macros: &str, told: &[&str]) {
    let shop = Shop::new().await;
    shop.write("macros/generate_schema_name.sql", macros);
    let before = shop.everything().await;
    let plan = shop.plan(&shop.workspace()).await;
    let missing = proofs_missing(&plan);
    assert!(!missing.is_empty(), "{:?}", plan.findings);
    for finding in &missing {
        assert_eq!(finding.severity, Severity::Block);
        assert!(!finding.id.can_be_allowed());
        assert!(!finding.remedy.is_empty());
    }
    for words in told {
        let says = |finding: &&&Finding| finding.message.contains(words);
        assert!(
            missing.iter().any(|finding| says(&finding)),
            "{words}: {missing:?}"
        );
    }
    assert_eq!(shop.everything().await, before, "a plan sends nothing");
}

/// The macro of the sample project, which is right.
pub(super) const RIGHT: &str = "{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}{{ '_dbt_deploy' if var('deploy', False) }}
{%- endmacro %}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_that_ignores_the_suffix_gets_no_deploy() {
    blocked(
        "{% macro generate_schema_name(custom_schema_name, node) -%}
            {{ (custom_schema_name or target.schema) | trim }}
        {%- endmacro %}",
        &[
            "production's schema `blue_green_slim`: `generate_schema_name` in macros/generate_schema_name.sql decides",
            "production's schema `serving`",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_that_depends_on_the_target_gets_no_deploy() {
    blocked(
        "{% macro generate_schema_name(custom_schema_name, node) -%}
            {%- if target.name == 'production' and custom_schema_name is not none -%}
                {{ custom_schema_name | trim }}
            {%- else -%}
                {{ target.schema }}{{ '_dbt_deploy' if var('deploy', False) }}
            {%- endif -%}
        {%- endmacro %}",
        &["5 relations would be built in production's schema `serving`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_that_takes_the_custom_schema_only_gets_no_deploy() {
    blocked(
        "{% macro materialize__generate_schema_name(custom_schema_name, node) -%}
            {%- if custom_schema_name is none -%}{{ target.schema }}
            {%- else -%}{{ custom_schema_name | trim }}{%- endif -%}
        {%- endmacro %}",
        &["`materialize__generate_schema_name` in macros/generate_schema_name.sql decides"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_by_tag_get_no_deploy() {
    let by_tag = "{% macro materialize__get_create_index_sql(relation, index_dict) -%}
        {%- set index_config = adapter.parse_index(index_dict) -%}
        {%- set cluster = 'serving' if 'hot' in model.tags else 'compute' -%}
        create default index in cluster {{ cluster }} on {{ relation }}
    {%- endmacro %}
    {% macro generate_deploy_cluster_name(custom_cluster_name) %}{{ custom_cluster_name }}{% endmacro %}";
    blocked(
        &format!("{RIGHT}{by_tag}"),
        &[
            "`materialize__get_create_index_sql` in macros/generate_schema_name.sql names its cluster by itself",
            "production's cluster `compute`: `generate_deploy_cluster_name` in macros/generate_schema_name.sql decides",
            "queries of the build would run on production's cluster `compute`",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_by_environment_gets_no_deploy() {
    let by_environment = "{% macro generate_database_name(custom_database_name=none, node=none) -%}
        {{ 'staging' if var('deploy', false) else target.database }}
    {%- endmacro %}";
    blocked(
        &format!("{RIGHT}{by_environment}"),
        &[
            "14 relations would be built in database `staging`, not in `materialize`: `generate_database_name`",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_or_a_materialization_that_names_a_cluster_gets_no_deploy() {
    let shop = Shop::new().await;
    shop.write(
        "macros/mine.sql",
        "{% materialization view, adapter='materialize' %}
            {%- set target_relation = this.incorporate(type='view') -%}
            {% call statement('main') %}create view {{ target_relation }} as ({{ sql }}){% endcall %}
            {% do run_query('create index in cluster ' ~ target.cluster ~ ' on ' ~ this) %}
            {{ return({'relations': [target_relation]}) }}
        {% endmaterialization %}",
    );
    let model = "models/palette/foo.sql";
    let sql = std::fs::read_to_string(shop.path().join(model)).unwrap();
    let hook = "{{ config(post_hook='create index in cluster compute on {{ this }}') }}\n";
    shop.write(model, &format!("{hook}{sql}"));
    let plan = shop.plan(&shop.workspace()).await;
    let told: Vec<&str> = proofs_missing(&plan)
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(
        told.contains(&"A hook in models/palette/foo.sql names cluster `compute`."),
        "{told:?}"
    );
    let by_macro = "`materialization_view_materialize` in macros/mine.sql names its cluster by itself, as `{{ target.cluster }}`.";
    assert!(told.contains(&by_macro), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_project_is_built_by_the_process_that_proved_it() {
    let shop = Shop::new().await;
    let workspace = shop.workspace();
    let plan = shop.plan(&workspace).await;
    assert!(proofs_missing(&plan).is_empty(), "{:?}", plan.findings);
    // What was shown is what is built: dbt has parsed, and reads these files no more.
    shop.write("models/palette/foo.sql", "this is no SQL {{ nothing() }}");
    let deployed = shop.execute(&workspace, plan).await;
    assert_eq!(deployed.outcome, OutcomeKind::Done, "{}", deployed.message);
    let record = shop.everything().await.join("\n");
    assert!(record.contains("complete=yes"), "{record}");
}

/// Somebody drops a view of production while models are built, and one of these fails.
#[tokio::test(flavor = "multi_thread")]
async fn production_is_looked_at_after_a_failed_build() {
    let shop = Shop::new().await;
    shop.write(
        "models/palette/mood_share.sql",
        "SELECT nope FROM {{ ref('foo') }}",
    );
    let workspace = shop.workspace();
    let plan = shop.plan(&workspace).await;
    let expect = Some(plan.fingerprint.to_string());
    let confirmed = plan.confirm(&Confirmation::Flags { expect }).unwrap();
    let (progress, mut heard) = channel();
    let client = connect(shop.sim.address()).await;
    let drop = async {
        while let Some(event) = heard.recv().await {
            if matches!(event, Progress::Model { .. }) {
                break;
            }
        }
        rows(&client, "drop view serving.warm_people").await;
        while heard.recv().await.is_some() {}
    };
    let (deployed, ()) = tokio::join!(
        workspace.execute(confirmed, progress, CancellationToken::new()),
        drop
    );
    let said = &deployed.message;
    assert_eq!(deployed.outcome, OutcomeKind::Unfinished, "{said}");
    assert!(said.contains("models failed"), "{said}");
    assert!(said.contains("Production was damaged"), "{said}");
    let next = deployed.next.as_deref();
    assert_eq!(
        next,
        Some("dbt run --target production --select warm_people")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_dbt_is_gone_is_proven_anew() {
    let shop = Shop::new().await;
    let workspace = shop.workspace();
    let shown = shop.plan(&workspace).await;
    workspace.abandon().await;
    shop.write(
        "macros/generate_schema_name.sql",
        "{% macro generate_schema_name(custom_schema_name, node) -%}
            {{ (custom_schema_name or target.schema) | trim }}
        {%- endmacro %}",
    );
    let before = shop.everything().await;
    let stopped = shop.execute(&workspace, shown).await;
    assert_eq!(stopped.outcome.exit_code(), 4, "{}", stopped.message);
    assert!(
        stopped.message.contains("builds-into-production"),
        "{}",
        stopped.message
    );
    assert_eq!(shop.everything().await, before);
    // And the same files, read by another process, are the same plan.
    shop.write("macros/generate_schema_name.sql", RIGHT);
    let shown = shop.plan(&workspace).await;
    workspace.abandon().await;
    let deployed = shop.execute(&workspace, shown).await;
    assert_eq!(deployed.outcome, OutcomeKind::Done, "{}", deployed.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dbt_that_is_no_python_program_is_proven_by_its_manifest() {
    let mut shop = Shop::new().await;
    let wrapper = format!("#!/bin/sh\nexec {} \"$@\"\n", shop.dbt);
    shop.write("dbt.sh", &wrapper);
    let file = shop.path().join("dbt.sh");
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&file, runnable).unwrap();
    shop.dbt = file.display().to_string();
    let clusters = shop.path().join("macros/clusters.sql");
    let own = "{% macro generate_cluster_name(name) %}{{ name }}{% endmacro %}";
    std::fs::write(&clusters, own).unwrap();
    let plan = shop.plan(&shop.workspace()).await;
    let missing = proofs_missing(&plan);
    assert!(
        missing
            .iter()
            .any(|finding| finding.message.contains("is no Python program")),
        "what can't be proven is not taken for proven: {missing:?}"
    );
    std::fs::remove_file(&clusters).unwrap();
    let deployed = shop.perform(&shop.workspace(), Operation::Deploy).await;
    assert_eq!(deployed.outcome, OutcomeKind::Done, "{}", deployed.message);
    shop.write(
        "macros/generate_schema_name.sql",
        "{% macro generate_schema_name(custom_schema_name, node) -%}
            {{ (custom_schema_name or target.schema) | trim }}
        {%- endmacro %}",
    );
    let mut request = Request::new(Operation::Deploy);
    request.full = true;
    let planned = shop.workspace().plan(&request).await.unwrap();
    let missing = proofs_missing(&planned.plan);
    assert!(
        missing
            .iter()
            .any(|finding| finding.message.contains("production's schema `serving`")),
        "{missing:?}"
    );
}

/// A hook that holds up every build, as long as it stands there.
fn hold_up(shop: &Shop) -> String {
    let project = std::fs::read_to_string(shop.path().join("dbt_project.yml")).unwrap();
    let slow = "\non-run-start: \"{% if flags.WHICH == 'run' %}{{ log('sleeps now', info=true) }}{{ adapter.sleep(600) }}{% endif %}\"\n";
    shop.write("dbt_project.yml", &format!("{project}{slow}"));
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_falls_silent_is_ended_and_finished_by_the_next() {
    let shop = Shop::new().await;
    let project = hold_up(&shop);
    let hasty = shop.session_with("dbt", &[("CUTOVER_DBT_SILENCE_DEADLINE", "3s")]);
    let plan = shop.plan(&hasty).await;
    let ended = shop.execute(&hasty, plan).await;
    assert_eq!(ended.outcome, OutcomeKind::Unfinished, "{}", ended.message);
    let told = "dbt said nothing for 3 s while it built (`dbt_silence_deadline`), so it was ended";
    assert!(ended.message.contains(told), "{}", ended.message);
    assert_eq!(ended.next.as_deref(), Some("cutover deploy"));
    let record = shop.everything().await.join("\n");
    assert!(record.contains("complete=no"), "{record}");
    shop.write("dbt_project.yml", &project);
    let deployed = shop.perform(&shop.workspace(), Operation::Deploy).await;
    assert_eq!(deployed.outcome, OutcomeKind::Done, "{}", deployed.message);
}

/// The process groups whose leader is a child of this process, by their leader.
#[cfg(target_os = "linux")]
fn children(of: u32) -> Vec<u32> {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = folders.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // `pid (name) state ppid ..`: the name may hold anything.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        behind.split_whitespace().nth(1) == Some(of.to_string().as_str())
    })
    .collect()
}

/// Kills `cutover` while dbt builds, and waits until its dbt is gone.
#[cfg(target_os = "linux")]
async fn killed(shop: &Shop) {
    use std::time::Duration;
    use tokio::io::{AsyncBufReadExt, BufReader};
    hold_up(shop);
    shop.write("cutover.toml", &format!("dbt = \"{}\"\n", shop.dbt));
    let mut cutover = tokio::process::Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(["deploy", "--yes", "--runner", "dbt", "--url", &shop.url()])
        .current_dir(shop.path())
        .env("HOME", shop.path())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut err = BufReader::new(cutover.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    while let Some(line) = err.next_line().await.unwrap() {
        said.push(line);
        if said.last().is_some_and(|line| line.contains("sleeps now")) {
            break;
        }
    }
    let dbt = children(cutover.id().unwrap());
    assert_eq!(dbt.len(), 1, "{said:?}");
    cutover.start_kill().unwrap();
    cutover.wait().await.unwrap();
    let gone = async {
        while Path::new(&format!("/proc/{}", dbt[0])).exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone)
        .await
        .expect("dbt ends with cutover");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_cutover_takes_its_dbt_along() {
    killed(&Shop::new().await).await;
}
