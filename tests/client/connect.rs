//! Connecting, and what goes wrong while doing so.

use crate::proxy::Proxy;
use crate::script::{Reply, Script};
use crate::{connector, settings};
use cutover::materialize::connection::{Connector, Purpose};
use cutover::materialize::error::Class;
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::test]
async fn the_version_is_known_after_connecting() {
    let script = Script::start().await;
    let link = connector(script.address)
        .connect(Purpose::Observe)
        .await
        .unwrap();
    assert_eq!(link.version(), Some("v26.9.0 (simulated)"));
    assert_eq!(link.cluster(), Some("mz_catalog_server"));
}

#[tokio::test]
async fn notices_come_with_the_statement_that_caused_them() {
    let script = Script::start().await;
    script.reply(
        "DROP",
        Reply::Notice("DROP SCHEMA", "drop cascades to 3 other objects"),
    );
    let link = connector(script.address)
        .connect(Purpose::Execute)
        .await
        .unwrap();
    let dropped = link.run("DROP SCHEMA a CASCADE").await.unwrap();
    assert_eq!(dropped.tag, "DROP SCHEMA");
    assert_eq!(
        dropped.notices[0].message,
        "drop cascades to 3 other objects"
    );
    assert!(link.run("SELECT 1").await.unwrap().notices.is_empty());
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let error = connector(address)
        .connect(Purpose::Observe)
        .await
        .err()
        .unwrap();
    assert!(matches!(error.class, Class::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(listener.local_addr().unwrap());
    settings.connect_timeout = Duration::from_millis(200);
    let error = Connector::new(settings)
        .unwrap()
        .connect(Purpose::Observe)
        .await
        .err()
        .unwrap();
    assert!(matches!(error.class, Class::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_closed_link_says_that_nothing_was_sent() {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    let link = connector(proxy.address)
        .connect(Purpose::Execute)
        .await
        .unwrap();
    proxy.cut_all();
    let error = loop {
        match link.run("SELECT 1").await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert!(error.is_transient(), "{error}");
    let error = link.run("ALTER SCHEMA a SWAP WITH b").await.unwrap_err();
    assert!(
        matches!(
            error.class,
            Class::LinkLost {
                statement_sent: false,
                ..
            }
        ),
        "{error}"
    );
    assert!(script.heard("SWAP").is_empty());
}
