//! Every sslmode against a good certificate, one for another host, one of another authority, and a server without encryption.

use crate::front::{Authority, encrypted, mutual, plain};
use crate::script::{Reply, Script};
use crate::settings;
use cutover::materialize::connection::{Connector, Purpose};
use cutover::materialize::error::{Class, Error};
use cutover::materialize::settings::{RootCertificates, SslMode};
use cutover::materialize::waiting::Ask;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

struct Servers {
    good: SocketAddr,
    other_host: SocketAddr,
    other_authority: SocketAddr,
    unencrypted: SocketAddr,
    roots: RootCertificates,
    script: Script,
    _folder: tempfile::TempDir,
}

async fn servers() -> Servers {
    let script = Script::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    Servers {
        good: encrypted(script.address, ours.sign("127.0.0.1")).await,
        other_host: encrypted(script.address, ours.sign("db.example.com")).await,
        other_authority: encrypted(script.address, theirs.sign("127.0.0.1")).await,
        unencrypted: plain(script.address).await,
        roots: RootCertificates::File(ours.write(folder.path(), "ca.pem")),
        script,
        _folder: folder,
    }
}

async fn connect(
    address: SocketAddr,
    mode: SslMode,
    roots: Option<&RootCertificates>,
) -> Result<String, Error> {
    let mut settings = settings(address);
    settings.sslmode = mode;
    settings.sslrootcert = roots.cloned();
    let link = Connector::new(settings)?.connect(Purpose::Execute).await?;
    link.run("COMMIT").await.map(|answer| answer.tag)
}

fn is_refused(outcome: &Result<String, Error>) -> bool {
    matches!(outcome, Err(error) if matches!(error.class, Class::Tls { .. }))
}

fn is_through(outcome: &Result<String, Error>) -> bool {
    outcome.as_deref() == Ok("COMMIT")
}

#[tokio::test]
async fn every_mode_accepts_what_its_word_says() {
    use SslMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
    let servers = servers().await;
    let roots = Some(&servers.roots);
    // mode, roots, then: good, other host, other authority, no encryption.
    let table = [
        (Disable, None, [true, true, true, true]),
        (Prefer, None, [true, true, true, true]),
        (Require, None, [true, true, true, false]),
        (Require, roots, [true, true, false, false]),
        (VerifyCa, roots, [true, true, false, false]),
        (VerifyFull, roots, [true, false, false, false]),
        (VerifyFull, None, [false, false, false, false]),
    ];
    for (mode, roots, expected) in table {
        let addresses = [
            servers.good,
            servers.other_host,
            servers.other_authority,
            servers.unencrypted,
        ];
        for (address, (expected, server)) in addresses.into_iter().zip(expected.into_iter().zip([
            "good",
            "other host",
            "other authority",
            "plain",
        ])) {
            let outcome = connect(address, mode, roots).await;
            let as_expected = if expected {
                is_through(&outcome)
            } else {
                is_refused(&outcome)
            };
            assert!(
                as_expected,
                "{mode} (roots {}), {server}: {outcome:?}",
                roots.is_some()
            );
        }
    }
}

#[tokio::test]
async fn only_checking_modes_call_the_server_verified() {
    let servers = servers().await;
    let verifies = |mode, roots: Option<&RootCertificates>| {
        let mut settings = settings(servers.good);
        settings.sslmode = mode;
        settings.sslrootcert = roots.cloned();
        Connector::new(settings).unwrap().verifies_server()
    };
    assert!(!verifies(SslMode::Prefer, None));
    assert!(!verifies(SslMode::Require, None));
    assert!(verifies(SslMode::Require, Some(&servers.roots)));
    assert!(verifies(SslMode::VerifyFull, None));
}

#[tokio::test]
async fn a_missing_authority_file_is_told_before_connecting() {
    let mut settings = settings("127.0.0.1:1".parse().unwrap());
    settings.sslmode = SslMode::VerifyCa;
    settings.sslrootcert = Some(RootCertificates::File(PathBuf::from("/no/such/ca.pem")));
    let error = Connector::new(settings).err().unwrap();
    assert!(matches!(error.class, Class::Settings { .. }), "{error}");
}

#[tokio::test]
async fn a_cancel_request_is_encrypted_too() {
    let servers = servers().await;
    servers.script.reply("ALTER SINK", Reply::Hang);
    let mut settings = settings(servers.good);
    settings.sslmode = SslMode::VerifyFull;
    settings.sslrootcert = Some(servers.roots.clone());
    settings.deadlines.sink = Duration::from_millis(100);
    let link = Connector::new(settings)
        .unwrap()
        .connect(Purpose::Execute)
        .await
        .unwrap();
    let error = link
        .ask("ALTER SINK s SET FROM t", Ask::Sink)
        .await
        .unwrap_err();
    assert!(matches!(error.class, Class::Overdue { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_asks_for_a_client_certificate_gets_it() {
    let script = Script::start().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("ours");
    let server = mutual(script.address, authority.sign("127.0.0.1"), &authority).await;
    let mut settings = settings(server);
    settings.sslmode = SslMode::VerifyFull;
    settings.sslrootcert = Some(RootCertificates::File(
        authority.write(folder.path(), "ca.pem"),
    ));
    let without = Connector::new(settings.clone())
        .unwrap()
        .connect(Purpose::Execute)
        .await
        .err()
        .unwrap();
    assert!(matches!(without.class, Class::Tls { .. }), "{without}");
    let (certificate, key) = authority.sign("client").write(folder.path());
    settings.sslcert = Some(certificate);
    let half = Connector::new(settings.clone()).err().unwrap();
    assert!(half.to_string().contains("sslkey"), "{half}");
    settings.sslkey = Some(key);
    let link = Connector::new(settings)
        .unwrap()
        .connect(Purpose::Execute)
        .await;
    assert!(link.is_ok(), "{:?}", link.err());
}
