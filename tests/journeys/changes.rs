//! The Changes screen's view at each point of the loop: where a node stands, and never a false alarm about drift.

use super::stage::Stage;
use cutover::domain::action::Operation;
use cutover::domain::changes::{ChangedNode, ChangesView};
use cutover::domain::project::ModelChange;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

fn node<'v>(view: &'v ChangesView, name: &str) -> &'v ChangedNode {
    let id = format!("model.blue_green_slim_demo.{name}");
    view.node(&id).expect(name)
}

fn drifted(view: &ChangesView) -> Vec<&str> {
    let drifted = view.nodes.iter().filter(|node| node.drift.is_some());
    drifted.map(|node| node.name.as_str()).collect()
}

#[tokio::test]
async fn nodes_tell_where_they_stand_from_init_to_promote() {
    let stage = Stage::new().await;
    let before = stage.workspace.changes().await.unwrap();
    assert_eq!(before.stale, None);
    assert_eq!(drifted(&before), [""; 0]);
    assert_eq!(node(&before, "bar").change, ModelChange::Modified);
    assert_eq!(
        node(&before, "bar").in_deployment,
        "only in blue: there is no deployment side"
    );

    stage.must(Operation::Init).await;
    let initialized = stage.workspace.changes().await.unwrap();
    assert_eq!(
        node(&initialized, "bar").in_deployment,
        "modified, not yet in green"
    );

    stage.must(Operation::Deploy).await;
    let deployed = stage.workspace.changes().await.unwrap();
    let held = format!("in green from manifest {}", deployed.manifest);
    for name in ["bar", "foobar", "mood_share"] {
        assert_eq!(node(&deployed, name).in_deployment, held, "{name}");
    }
    assert_eq!(node(&deployed, "warm_people").in_deployment, "only in blue");
    assert_eq!(drifted(&deployed), [""; 0]);

    stage.wait().await;
    stage.must(Operation::Promote).await;
    let promoted = stage.workspace.changes().await.unwrap();
    assert_eq!(promoted.nodes, [], "production runs the project");
}

#[tokio::test]
async fn a_hotfix_by_hand_in_blue_is_found_beside_the_diff() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    stage.must(Operation::Deploy).await;
    stage.sql("DROP VIEW serving.top_bidders CASCADE");
    stage.sql("CREATE VIEW serving.top_bidders AS SELECT buyer, bids, 'by hand' AS note FROM blue_green_slim.bidder_activity");
    let view = stage.workspace.changes().await.unwrap();
    assert_eq!(drifted(&view), ["top_bidders"]);
    let found = node(&view, "top_bidders");
    assert_eq!(found.change, ModelChange::Drifted);
    assert!(
        found.drift.as_ref().unwrap().contains("'by hand'"),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_newer_of_both_manifests_is_the_candidate() {
    let stage = Stage::new().await;
    let session = &stage.workspace;
    let of_dbt = session.candidate_file().unwrap();
    let of_ours = session.parse_path().join("manifest.json");
    let stamp = session.candidate_stamp().unwrap();
    assert_eq!(session.candidate_stamp().as_ref(), Some(&stamp));

    fs::create_dir_all(session.parse_path()).unwrap();
    fs::copy(&of_dbt, &of_ours).unwrap();
    let now = SystemTime::now();
    let written = |file: &Path, seconds| {
        let file = fs::File::options().append(true).open(file).unwrap();
        file.set_modified(now + Duration::from_secs(seconds))
            .unwrap();
    };
    written(&of_ours, 10);
    assert_eq!(session.candidate_file().unwrap(), of_ours);
    assert_ne!(session.candidate_stamp(), Some(stamp.clone()));
    written(&of_dbt, 20);
    assert_eq!(session.candidate_file().unwrap(), of_dbt);
    assert_ne!(session.candidate_stamp(), Some(stamp));
}

#[tokio::test]
async fn an_edited_model_makes_the_manifest_stale() {
    let stage = Stage::new().await;
    let file = stage.folder.path().join("models/palette/foo.sql");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "\n-- edited\n").unwrap();
    let view = stage.workspace.changes().await.unwrap();
    let stale = view.stale.as_ref().unwrap();
    assert!(
        stale.starts_with("1 file is") && stale.contains("models/palette/foo.sql"),
        "{stale}"
    );
}
