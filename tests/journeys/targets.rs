//! Strategy `targets`: two named sides, no swap; clients choose, the records say which side is production.

use super::stage::{Changes, Stage, blocks};
use cutover::domain::action::Operation;
use cutover::domain::environment::Side;
use cutover::domain::phase::Phase;
use cutover::ops::progress::OutcomeKind;

async fn two_targets() -> Stage {
    Stage::with(Changes {
        config: Some(
            "strategy = \"targets\"\ntargets = { blue = \"production\", green = \"green\" }",
        ),
        deployments: Some(GREEN),
        ..Changes::default()
    })
    .await
}

const GREEN: &str = "    green:\n      clusters: [compute_green, serving_green]\n      schemas: [slim_green, serving_green]\n";

#[tokio::test]
async fn commands_of_validate_are_told_the_sides_as_they_are() {
    let config = r#"
        strategy = "targets"
        targets = { blue = "production", green = "green" }
        validate = [{ name = "mine", command = ["sh", "-c", "echo $CUTOVER_DEPLOYMENT_SCHEMAS beside $CUTOVER_PRODUCTION_SCHEMAS; exit 1"] }]
    "#;
    let stage = Stage::with(Changes {
        config: Some(config),
        deployments: Some(GREEN),
        ..Changes::default()
    })
    .await;
    let told = async || {
        let validation = stage.workspace.validate(|_| (), |_| ()).await.unwrap();
        validation.commands[0].output.clone()
    };
    stage.ready().await;
    let (blue, green) = ("blue_green_slim,serving", "slim_green,serving_green");
    assert_eq!(told().await, [format!("{green} beside {blue}")]);
    stage.must(Operation::Promote).await;
    assert_eq!(told().await, [format!("{blue} beside {green}")]);
}

#[tokio::test]
async fn the_sides_turn_round_without_a_swap() {
    let stage = two_targets().await;
    let blue = stage.schema("blue_green_slim").unwrap();
    stage.ready().await;
    let green = stage.schema("slim_green").unwrap();
    let plan = stage.plan(Operation::Promote).await;
    assert_eq!(blocks(&plan), [].into());
    assert!(plan.transaction().is_none(), "names stay");
    assert_eq!(stage.execute(plan).await.outcome, OutcomeKind::Done);
    assert_eq!(
        (stage.schema("blue_green_slim"), stage.schema("slim_green")),
        (Some(blue), Some(green))
    );
    assert!(
        stage
            .sink_reads("mood_feed")
            .contains(&"slim_green.foobar".to_owned())
    );
    let board = stage.observe().await.board;
    assert_eq!(board.phase, Phase::Promoted);
    assert_eq!(
        board.environment.schemas[0].name(Side::Production).as_str(),
        "slim_green"
    );

    stage.must(Operation::Rollback).await;
    let board = stage.observe().await.board;
    assert_eq!(
        board.environment.schemas[0].name(Side::Production).as_str(),
        "blue_green_slim"
    );
    assert!(
        stage
            .sink_reads("mood_feed")
            .contains(&"blue_green_slim.foobar".to_owned())
    );

    stage.must(Operation::Promote).await;
    stage.must(Operation::Sync).await;
    assert_eq!(stage.wait().await.outcome, OutcomeKind::Done);
    assert_eq!(stage.phase().await, Phase::Synced);
    stage.must(Operation::Cleanup).await;
    assert_eq!(
        stage.schema("blue_green_slim"),
        None,
        "the old side is dropped"
    );
    assert!(stage.schema("slim_green").is_some());
}
