//! Connection URLs: `postgres://user:password@host:port/database?sslmode=...`.

use super::session_options;
use super::timespan::Seconds;
use crate::domain::connection::{ConnectionSettings, RootCertificates, Secret, SslMode};
use crate::domain::failure::Remedy;

/// Why a URL can't be used. No message repeats the URL, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    #[error("a connection URL starts with `postgres://` or `postgresql://`")]
    Scheme,
    #[error("the URL names no host")]
    Host,
    #[error("the URL's port is no number from 1 to 65535")]
    Port,
    #[error(
        "the URL holds a `%` that is not followed by two hexadecimal digits, or text that is not UTF-8"
    )]
    Encoding,
    #[error("the URL's user or password holds `?`, `/` or `@`")]
    Separator,
    #[error("the URL's parameters sslcert and sslkey go together")]
    ClientCertificate,
    #[error("the URL's parameter `{0}` is not known")]
    Parameter(String),
    #[error("the URL's parameter `{name}` can't be used: {why}")]
    Value { name: String, why: String },
}

impl Remedy for InvalidUrl {
    fn remedy(&self) -> Option<String> {
        let remedy = match self {
            Self::Separator | Self::Encoding => {
                "write `?` as %3F, `/` as %2F, `@` as %40, `%` as %25"
            }
            Self::ClientCertificate => "give both",
            Self::Value { name, .. } if name == "sslmode" => SslMode::REMEDY,
            _ => "write postgres://user:password@host:port/database?sslmode=...",
        };
        Some(remedy.to_owned())
    }
}

/// Reads a URL. The user is `materialize` and the database `materialize` where the URL names none.
///
/// # Errors
/// When the URL is malformed, or names a parameter that would be ignored.
pub fn parse(url: &Secret) -> Result<ConnectionSettings, InvalidUrl> {
    let Parts {
        user,
        password,
        address,
        database,
        parameters,
    } = Parts::of(url)?;
    let (host, port) = split_address(address)?;
    let or_materialize = |text: &str| -> Result<String, InvalidUrl> {
        let text = if text.is_empty() { "materialize" } else { text };
        decode(text)
    };
    let mut connection = ConnectionSettings {
        host,
        user: or_materialize(user)?,
        database: or_materialize(database)?,
        password: password.map(decode).transpose()?.map(Secret::new),
        ..ConnectionSettings::default()
    };
    if let Some(port) = port {
        connection.port = port;
    }
    for (name, value) in pairs(parameters) {
        set(&mut connection, &decode(name)?, decode(value)?)?;
    }
    if connection.sslcert.is_some() != connection.sslkey.is_some() {
        return Err(InvalidUrl::ClientCertificate);
    }
    Ok(connection)
}

/// The parts that a URL which can be read names itself, by the names that profiles have for them.
pub(super) fn named_parts(url: &Secret) -> Vec<&'static str> {
    let Ok(parts) = Parts::of(url) else {
        return Vec::new();
    };
    let port = split_address(parts.address).is_ok_and(|(_, port)| port.is_some());
    let parameter = |wanted: &str| pairs(parts.parameters).any(|(name, _)| name == wanted);
    [
        ("host", true),
        ("port", port),
        ("user", !parts.user.is_empty()),
        ("password", parts.password.is_some()),
        ("database", !parts.database.is_empty()),
        ("sslmode", parameter("sslmode")),
        ("cluster", parameter("cluster")),
    ]
    .into_iter()
    .filter_map(|(name, is_named)| is_named.then_some(name))
    .collect()
}

/// A URL's parts, still encoded.
struct Parts<'u> {
    user: &'u str,
    password: Option<&'u str>,
    address: &'u str,
    database: &'u str,
    parameters: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u Secret) -> Result<Self, InvalidUrl> {
        let text = url.reveal();
        let rest = ["postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or(InvalidUrl::Scheme)?;
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        Ok(Self {
            user,
            password,
            address,
            database,
            parameters,
        })
    }
}

fn pairs(parameters: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = parameters.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The host in brackets, when it is an IPv6 address, and the port.
fn split_address(address: &str) -> Result<(String, Option<u16>), InvalidUrl> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(InvalidUrl::Host)?;
        (host, rest.strip_prefix(':'))
    } else {
        match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    if host.is_empty() {
        return Err(InvalidUrl::Host);
    }
    let port = port
        .map(|port| port.parse::<u16>().ok().filter(|port| *port > 0))
        .map(|port| port.ok_or(InvalidUrl::Port))
        .transpose()?;
    Ok((decode(host)?, port))
}

fn set(connection: &mut ConnectionSettings, name: &str, value: String) -> Result<(), InvalidUrl> {
    let wrong = |why: String| InvalidUrl::Value {
        name: name.to_owned(),
        why,
    };
    let seconds = |value: &str| {
        value
            .parse()
            .map(|Seconds(span)| span)
            .map_err(|_| wrong("it is a number of seconds, a year at most".to_owned()))
    };
    match name {
        "sslmode" => {
            connection.sslmode = value.parse().map_err(|error| wrong(format!("{error}")))?
        }
        "sslrootcert" if value == "system" => {
            connection.sslrootcert = Some(RootCertificates::System)
        }
        "sslrootcert" => connection.sslrootcert = Some(RootCertificates::File(value.into())),
        "sslcert" => connection.sslcert = Some(value.into()),
        "sslkey" => connection.sslkey = Some(value.into()),
        "application_name" => connection.application_name = value,
        "connect_timeout" => connection.connect_timeout = seconds(&value)?,
        "keepalives_idle" => connection.keepalives.get_or_insert_default().idle = seconds(&value)?,
        "cluster" => connection.cluster = Some(value),
        "options" => {
            let options = session_options::parse(&value)
                .map_err(|part| wrong(format!("`{part}` is no `--name=value`")))?;
            connection.options.extend(options);
        }
        // What looks like a parameter is the rest of a password here: it must not be repeated.
        _ if name.contains('@') => return Err(InvalidUrl::Separator),
        _ => return Err(InvalidUrl::Parameter(name.to_owned())),
    }
    Ok(())
}

/// Percent-decoding in which a stray `%` is a mistake: it is likelier a character of a password that was not encoded.
fn decode(text: &str) -> Result<String, InvalidUrl> {
    let escaped = |digits: &str| {
        let digits = digits.as_bytes();
        digits.len() >= 2 && digits.iter().take(2).all(u8::is_ascii_hexdigit)
    };
    if !text.split('%').skip(1).all(escaped) {
        return Err(InvalidUrl::Encoding);
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| InvalidUrl::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse_text(url: &str) -> Result<ConnectionSettings, InvalidUrl> {
        parse(&Secret::new(url))
    }

    #[test]
    fn every_part_is_read() {
        let connection = parse_text(
            "postgres://a%40b:p%3Aw@db.example:6876/shop?sslmode=verify-full&sslrootcert=/ca.pem&options=--cluster%3Dc",
        )
        .unwrap();
        assert_eq!(connection.user, "a@b");
        assert_eq!(connection.password.as_ref().unwrap().reveal(), "p:w");
        assert_eq!(
            (connection.host.as_str(), connection.port),
            ("db.example", 6876)
        );
        assert_eq!(connection.database, "shop");
        assert_eq!(connection.sslmode, SslMode::VerifyFull);
        assert_eq!(
            connection.sslrootcert,
            Some(RootCertificates::File("/ca.pem".into()))
        );
        assert_eq!(connection.options[0].1, "c");
    }

    #[test]
    fn the_shortest_url_takes_materializes_defaults() {
        let connection = parse_text("postgresql://[::1]").unwrap();
        assert_eq!(connection.host, "::1");
        assert_eq!(connection.port, 6875);
        assert_eq!(
            (connection.user.as_str(), connection.database.as_str()),
            ("materialize", "materialize")
        );
        assert_eq!(connection.password, None);
    }

    #[test]
    fn mistakes_are_named() {
        for (url, mistake) in [
            ("mysql://h", InvalidUrl::Scheme),
            ("postgres://u@/db", InvalidUrl::Host),
            ("postgres://h:0", InvalidUrl::Port),
            ("postgres://h:x", InvalidUrl::Port),
            ("postgres://%zz@h", InvalidUrl::Encoding),
            ("postgres://h?ssl=on", InvalidUrl::Parameter("ssl".into())),
        ] {
            assert_eq!(parse_text(url), Err(mistake), "{url}");
        }
        assert!(parse_text("postgres://h?sslcert=/c.pem").is_err());
        assert!(parse_text("postgres://h?sslmode=allow").is_err());
    }

    proptest! {
        #[test]
        fn a_password_is_never_shown(password in "[a-zA-Z0-9]{12}", tail in "[?/@:&=%a-z]{0,12}") {
            let shown = match parse_text(&format!("postgres://u:{password}@h:1/d{tail}")) {
                Ok(connection) => format!("{connection:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains(&password), "{}", shown);
        }
    }
}
