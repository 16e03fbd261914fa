//! A role whose sessions read what a server has at hand unless they say otherwise.

use crate::server;
use crate::stage::{Changes, Stage};
use cutover::domain::action::Operation;
use tokio_postgres::{Client, NoTls};

/// A client that leaves the isolation as the role has it.
async fn plain(stage: &Stage) -> Client {
    let url = server::url(stage.sim.address());
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Right after DDL a session under `serializable` reads the catalog of before it (8 of 8 looks: recorded, v26.39/22). What a plan rests on is
/// what is committed all the same.
#[tokio::test]
async fn plans_rest_on_what_is_committed_whatever_the_role_defaults_to() {
    for level in ["serializable", "bounded staleness 10s"] {
        let stage = Stage::with(Changes {
            // What is at hand is of the past for longer than a plan takes.
            speed: Some(0.01),
            isolation: Some(level),
            ..Changes::default()
        })
        .await;
        let of_role = plain(&stage).await;
        let listed = "SELECT name FROM mz_schemas WHERE name = 'serving_dbt_deploy'";
        let all = stage.plan(Operation::Init).await.steps.len();
        for made in [true, false, true] {
            let word = if made { "CREATE" } else { "DROP" };
            stage.sql(&format!("{word} SCHEMA serving_dbt_deploy"));
            let at_hand = of_role.simple_query(listed).await.unwrap();
            let rows = at_hand
                .iter()
                .filter(|it| matches!(it, tokio_postgres::SimpleQueryMessage::Row(_)));
            assert_eq!(rows.count(), 0, "{level}: the server shows what it has");
            let steps = stage.plan(Operation::Init).await.steps.len();
            assert_eq!(steps < all, made, "{level}: {steps} of {all} steps");
        }
    }
}
