//! What `--dry-run` prints, through the real psql against the simulated Materialize, with names and comments that try to run something.

use crate::stage::Stage;
use crate::{Ended, command};
use cutover::domain::name::{Identifier, literal};
use cutover::domain::plan::{DbtCommand, LINE_ENDS, Step, commented};
use cutover::sim::World;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

/// Texts that look like the end of a comment, of a name, of a constant, and then like commands of psql. What they would run leaves a
/// file named `trace` where psql runs.
const WITH_CONTROLS: [&str; 7] = [
    "a\r\\! touch trace\r--",
    "b\n\\! touch trace\n--",
    "c\"; \\! touch trace\r\n\\o trace\n\"",
    "d' \\! touch trace\r' \\g trace\n",
    "e\\\r\n\\copy (select 1) to trace\n:'x' :{?y} \\gexec",
    "k\"\t`touch trace`\r`touch trace`\u{c}`touch trace`\t\"",
    "f\u{b}\\! touch trace\u{c}\\! touch trace\u{85}\\! touch trace\u{2028}\\! touch trace",
];

/// The same without control characters: these can be printed as they are.
const PRINTABLE: [&str; 6] = [
    "c\" (SIZE = '25cc', REPLICATION FACTOR = 0) --",
    "g\"; \\! touch trace; \"",
    "h' \\! touch trace -- ' \\g trace",
    "i\\\\! touch trace \\gexec :x :'x' :\"x\" :{?x} /*",
    "l\"; CREATE SCHEMA ran_dbt_deploy; \"",
    "j $$ \\! touch trace $$ `touch trace` E'\\",
];

/// A world of its own, with the project's environment changed to these schemas and clusters, of which production's are there.
async fn stage(names: &[&str]) -> Stage {
    let stage = Stage::in_world(World::from_toml("").unwrap()).await;
    let file = stage.here().join("dbt_project.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = text.split_once("      clusters: [").unwrap();
    let (_, rest) = rest.split_once("\n\n").unwrap();
    let listed = serde_json::to_string(names).unwrap();
    let entries = format!("      clusters: {listed}\n      schemas: {listed}\n\n");
    std::fs::write(&file, format!("{head}{entries}{rest}")).unwrap();
    names.iter().for_each(|name| create(&stage, name));
    stage
}

fn create(stage: &Stage, name: &str) {
    let name = Identifier::new(name).unwrap().quoted();
    stage.sql(&format!("CREATE SCHEMA {name}"));
    stage.sql(&format!("CREATE CLUSTER {name} (SIZE = '25cc')"));
}

/// Everything that was ever changed on the server.
fn changes(stage: &Stage) -> Vec<Vec<Option<String>>> {
    stage.sql("SELECT count(*) FROM mz_audit_events")
}

/// The names of a relation's deployment sides.
fn twins(stage: &Stage, relation: &str) -> BTreeSet<String> {
    let sql = format!("SELECT name FROM {relation} WHERE name LIKE '%_dbt_deploy'");
    let rows = stage.sql(&sql).into_iter();
    rows.filter_map(|row| row[0].clone()).collect()
}

/// Whatever psql was told, it ran no command.
#[track_caller]
fn assert_no_trace(stage: &Stage) {
    assert!(
        !stage.here().join("trace").exists(),
        "psql ran a command of a name or a comment"
    );
}

/// What psql does with this input.
#[track_caller]
fn psql(stage: &Stage, input: &str) -> Ended {
    psql_with(stage, "ON_ERROR_STOP=1", input)
}

#[track_caller]
fn psql_with(stage: &Stage, variable: &str, input: &str) -> Ended {
    let spawned = Command::new("psql")
        .args(["-X", "-q", "-v", variable])
        .args(["-d", stage.url(), "-f", "-"])
        .current_dir(stage.here())
        .env("HOME", stage.here())
        .env("PGOPTIONS", "--welcome_message=off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.unwrap_or_else(|error| {
        panic!("this test needs psql (on Debian: apt-get install postgresql-client): {error}")
    });
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    Ended::of(child.wait_with_output().unwrap())
}

/// What psql does with JSON: it complains of it, however long it is let go on, and runs nothing.
#[track_caller]
fn assert_inert(stage: &Stage, json: &str) {
    let before = changes(stage);
    for stop in ["ON_ERROR_STOP=0", "ON_ERROR_STOP=1"] {
        let ended = psql_with(stage, stop, json);
        assert_eq!(ended.stdout, "", "{json}");
        assert!(
            !ended.stderr.contains("invalid command"),
            "{}",
            ended.stderr
        );
        assert_no_trace(stage);
        assert_eq!(changes(stage), before, "{json}");
    }
}

/// Psql has nothing to say, and nothing to do either.
#[track_caller]
fn assert_silent(stage: &Stage, input: &str) {
    let ended = psql(stage, input).with_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_no_trace(stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_ends_a_comment_where_we_cut_it_and_nowhere_else() {
    let stage = stage(&[]).await;
    let candidates = ('\u{1}'..='\u{a0}').chain(['\u{2028}', '\u{2029}', '\u{feff}']);
    let number = |c: char| u32::from(c).to_string();
    let input: String = candidates
        .map(|c| format!("-- x{c}\\! echo {}\n", number(c)))
        .collect();
    let ran = psql(&stage, &input).with_code(0).stdout;
    let ran: BTreeSet<&str> = ran.lines().collect();
    let ours: Vec<String> = LINE_ENDS.into_iter().map(number).collect();
    assert_eq!(ran, ours.iter().map(String::as_str).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_blocked_plan_runs() {
    let names = [&WITH_CONTROLS[..], &PRINTABLE].concat();
    let stage = stage(&names).await;
    for name in &names {
        let twin = format!("{name}_dbt_deploy");
        create(&stage, &twin);
        let twin = Identifier::new(twin).unwrap().quoted();
        let comment = literal(&format!("{}{name}", names.concat()));
        stage.sql(&format!("COMMENT ON SCHEMA {twin} IS {comment}"));
    }
    // No model made it, so a promote must not take it out of production.
    let production = Identifier::new(names[0]).unwrap().quoted();
    stage.sql(&format!("CREATE VIEW {production}.v AS SELECT 1"));
    for operation in ["promote", "rollback"] {
        let before = changes(&stage);
        let shown = stage.run(&[operation, "--dry-run"]).with_code(4);
        assert!(shown.stdout.contains("SWAP WITH"), "{}", shown.stdout);
        assert_silent(&stage, &shown.stdout);
        assert_eq!(changes(&stage), before, "{operation}");
        let words = [operation, "--dry-run", "--output", "json"];
        let shown = stage.run(&words).with_code(4);
        let plan: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        let statements = plan["statements"].to_string();
        assert!(statements.contains("SWAP WITH"), "{statements}");
        assert_inert(&stage, &shown.stdout);
    }
}

/// The other half: what is no comment does what the plan says, with these names and constants, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_not_blocked_runs_as_it_is() {
    let stage = stage(&PRINTABLE).await;
    let shown = command(stage.here())
        .args(["init", "--dry-run", "--url", stage.url()])
        .env("CI_TAG", PRINTABLE.concat())
        .output()
        .unwrap();
    let shown = Ended::of(shown).with_code(0);
    assert_silent(&stage, &shown.stdout);
    let expected: BTreeSet<String> = PRINTABLE
        .map(|name| format!("{name}_dbt_deploy"))
        .into_iter()
        .collect();
    assert_eq!(twins(&stage, "mz_schemas"), expected);
    assert_eq!(twins(&stage, "mz_clusters"), expected);
    let factors =
        "SELECT DISTINCT replication_factor::text FROM mz_clusters WHERE name LIKE '%_dbt_deploy'";
    assert_eq!(stage.sql(factors), [[Some("1".to_owned())]]);
}

/// The name of an object can't be written with escapes: such a plan is all comments, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_with_control_characters_in_names_runs_nothing() {
    let stage = stage(&WITH_CONTROLS).await;
    let shown = stage.run(&["init", "--dry-run"]).with_code(0);
    assert!(shown.stdout.contains("CREATE SCHEMA"), "{}", shown.stdout);
    assert_silent(&stage, &shown.stdout);
    let json = stage.run(&["init", "--dry-run", "--output", "json"]);
    assert_inert(&stage, &json.with_code(0).stdout);
    assert_eq!(twins(&stage, "mz_schemas"), BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn constants_come_through_psql_as_they_are() {
    let stage = stage(&[]).await;
    stage.sql("CREATE SCHEMA s");
    let everything: String = ('\u{1}'..='\u{ff}').collect();
    for text in [&WITH_CONTROLS[..], &PRINTABLE, &[everything.as_str()]].concat() {
        let constant = literal(text);
        assert!(!constant.contains(char::is_control), "{constant:?}");
        assert_silent(&stage, &format!("COMMENT ON SCHEMA s IS {constant};\n"));
        let comments = "SELECT comment FROM mz_internal.mz_comments WHERE object_type = 'schema'";
        assert_eq!(stage.sql(comments), [[Some(text.to_owned())]]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dbt_command_is_a_comment_to_psql() {
    let stage = stage(&[]).await;
    let words = [&WITH_CONTROLS[..], &PRINTABLE].concat();
    let step = Step::Dbt(DbtCommand {
        program: "dbt".to_owned(),
        arguments: words.iter().map(|word| (*word).to_owned()).collect(),
        models: Vec::new(),
    });
    let texts = step.script().into_iter();
    for text in texts.chain(words.into_iter().map(commented)) {
        assert_silent(&stage, &format!("{text}\n"));
    }
}

/// What follows a swap that failed must not be sent: records would tell of a swap that never was.
#[tokio::test(flavor = "multi_thread")]
async fn psql_stops_at_the_first_statement_that_fails() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    let promote = stage.run(&["promote", "--dry-run"]).with_code(0).stdout;
    stage.sql("ALTER SCHEMA serving_dbt_deploy RENAME TO elsewhere");
    let ended = psql_with(&stage, "ON_ERROR_STOP=0", &promote).with_code(3);
    assert!(
        ended.stderr.contains("serving_dbt_deploy"),
        "{}",
        ended.stderr
    );
    let retired = stage.sql(
        "SELECT c.comment FROM mz_internal.mz_comments c JOIN mz_schemas s ON s.id = c.id \
         WHERE c.comment LIKE '%role=retired%'",
    );
    assert_eq!(retired, [] as [Vec<Option<String>>; 0]);
}
