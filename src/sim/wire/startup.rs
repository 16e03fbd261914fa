//! Start packets, options, passwords.

use super::conversation::{Host, Login, Opened, Startup};
use super::link::{Gone, Link, error_message};
use super::reply::notice_message;
use crate::error::SqlError;
use futures_util::{SinkExt, StreamExt};
use pgwire::api::{ClientInfo, PgWireConnectionState};
use pgwire::messages::response::{ReadyForQuery, TransactionStatus};
use pgwire::messages::startup::{Authentication, BackendKeyData, ParameterStatus, SecretKey};
use pgwire::messages::{PgWireBackendMessage as Backend, PgWireFrontendMessage as Frontend};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};

/// Lets a client in, or tells it why not.
pub(super) async fn open<S>(
    link: &mut Link<S>,
    packet: &pgwire::messages::startup::Startup,
    peer: SocketAddr,
    host: &dyn Host,
) -> Result<Opened, Gone>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let role = packet.parameters.get("user").cloned().unwrap_or_default();
    if let Login::Password(expected) = host.login(&role)
        && ask_password(link).await? != expected
    {
        let message = format!("password authentication failed for user \"{role}\"");
        return refuse(link, &SqlError::new("28P01", message)).await;
    }
    let startup = Startup {
        role,
        settings: settings(packet),
        peer,
    };
    let opened = match host.open(startup).await {
        Ok(opened) => opened,
        Err(error) => return refuse(link, &error).await,
    };
    link.set_state(PgWireConnectionState::ReadyForQuery);
    link.feed(Backend::Authentication(Authentication::Ok))
        .await?;
    for (name, value) in &opened.parameters {
        link.feed(Backend::ParameterStatus(ParameterStatus::new(
            name.clone(),
            value.clone(),
        )))
        .await?;
    }
    let key = BackendKeyData::new(opened.process_id, SecretKey::I32(opened.secret_key));
    link.feed(Backend::BackendKeyData(key)).await?;
    for notice in &opened.notices {
        link.feed(notice_message(notice)).await?;
    }
    link.send(Backend::ReadyForQuery(ReadyForQuery::new(
        TransactionStatus::Idle,
    )))
    .await?;
    Ok(opened)
}

async fn ask_password<S>(link: &mut Link<S>) -> Result<String, Gone>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    link.set_state(PgWireConnectionState::AuthenticationInProgress);
    link.send(Backend::Authentication(Authentication::CleartextPassword))
        .await?;
    match link.next().await {
        Some(Ok(Frontend::PasswordMessageFamily(message))) => message
            .into_password()
            .map(|message| message.password)
            .map_err(|_| Gone),
        _ => Err(Gone),
    }
}

async fn refuse<S>(link: &mut Link<S>, error: &SqlError) -> Result<Opened, Gone>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    link.send(error_message(error, true)).await?;
    link.close().await?;
    Err(Gone)
}

/// The settings of a start packet, those of its `options` last.
fn settings(packet: &pgwire::messages::startup::Startup) -> Vec<(String, String)> {
    let plain = packet
        .parameters
        .iter()
        .filter(|(name, _)| !["user", "options"].contains(&name.as_str()));
    let plain = plain.map(|(name, value)| (name.clone(), value.clone()));
    let options = packet
        .parameters
        .get("options")
        .map(|text| options(text))
        .unwrap_or_default();
    plain.chain(options).collect()
}

/// Reads `--name=value` and `-c name=value`, separated by spaces; a backslash takes the next character as it is.
fn options(text: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut words = words(text).into_iter();
    while let Some(word) = words.next() {
        let pair = match word.strip_prefix("--") {
            Some(pair) => Some(pair.to_owned()),
            None if word == "-c" => words.next(),
            None => word.strip_prefix("-c").map(str::to_owned),
        };
        if let Some((name, value)) = pair.as_deref().and_then(|pair| pair.split_once('=')) {
            settings.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => push(&mut words, characters.next().unwrap_or('\\')),
            space if space.is_whitespace() => words.push(String::new()),
            other => push(&mut words, other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn push(words: &mut [String], character: char) {
    if let Some(word) = words.last_mut() {
        word.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn options_are_read_in_all_their_spellings() {
        let pairs = options(
            r"--cluster=quickstart -c search_path=a,b -cdatabase=my\ db --welcome_message=off",
        );
        let expected = [
            ("cluster", "quickstart"),
            ("search_path", "a,b"),
            ("database", "my db"),
            ("welcome_message", "off"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(pairs, expected);
    }
}
