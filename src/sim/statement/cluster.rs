//! CREATE CLUSTER, CREATE CLUSTER REPLICA and ALTER CLUSTER .. SET.

use super::tokens::Cursor;
use super::{Ddl, Name};
use crate::catalog::Strategy;
use crate::error::{SqlError, SqlResult};
use crate::time::parse_interval;
use sqlparser::tokenizer::Token;
use std::time::Duration;

pub use super::parsed::{ClusterChange, ClusterOptions, ClusterSpec, Schedule};

/// A name of one part.
pub fn single(name: &Name) -> SqlResult<String> {
    match name.as_slice() {
        [name] => Ok(name.clone()),
        _ => Err(SqlError::syntax(format!(
            "Expected end of statement, found dot in {}",
            name.join(".")
        ))),
    }
}

pub fn parse_create(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let if_not_exists = cursor.if_not_exists();
    let name = cursor.identifier()?;
    let spec = if cursor.accept("replicas") {
        ClusterSpec::Unmanaged(cursor.list(replica)?)
    } else {
        with_features(cursor)?
    };
    cursor.end()?;
    Ok(Ddl::CreateCluster {
        name,
        if_not_exists,
        spec,
    })
}

/// Options, and the optimizer features that may stand behind them.
fn with_features(cursor: &mut Cursor<'_>) -> SqlResult<ClusterSpec> {
    let mut spec = parse_options(cursor)?;
    if cursor.accept("features") {
        let features = cursor.list(|cursor| {
            let words = cursor.until(&["true", "false", "on", "off", ","]);
            let words = words.strip_suffix(&[Token::Eq]).unwrap_or(words);
            Ok((super::tokens::shown(words).to_uppercase(), flag(cursor)?))
        })?;
        match &mut spec {
            ClusterSpec::Managed(options) => options.features = features,
            ClusterSpec::Unmanaged(_) => {
                return Err(SqlError::plan(
                    "FEATURES not supported for unmanaged clusters",
                ));
            }
        }
    }
    Ok(spec)
}

/// Options in parentheses or bare; REPLICAS among them makes the cluster unmanaged.
fn parse_options(cursor: &mut Cursor<'_>) -> SqlResult<ClusterSpec> {
    let enclosed = cursor.accept_token(&Token::LParen);
    let mut options = ClusterOptions::default();
    let mut replicas = None;
    if !(enclosed && cursor.accept_token(&Token::RParen)) {
        loop {
            if cursor.accept("replicas") {
                cursor.accept_token(&Token::Eq);
                replicas = Some(cursor.list(replica)?);
            } else {
                option(cursor, &mut options)?;
            }
            if !cursor.accept_token(&Token::Comma) {
                break;
            }
        }
        if enclosed {
            cursor.expect_token(&Token::RParen)?;
        }
    }
    Ok(match replicas {
        Some(replicas) => ClusterSpec::Unmanaged(replicas),
        None => ClusterSpec::Managed(options),
    })
}

fn replica(cursor: &mut Cursor<'_>) -> SqlResult<(String, String)> {
    let name = cursor.identifier()?;
    let sizes = cursor.list(|cursor| {
        cursor.expect("size")?;
        cursor.accept_token(&Token::Eq);
        cursor.string()
    })?;
    let size = sizes
        .into_iter()
        .next()
        .ok_or_else(|| SqlError::plan("SIZE option must be specified"))?;
    Ok((name, size))
}

pub fn parse_create_replica(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let mut name = cursor.name()?;
    let (Some(replica), Some(cluster)) = (name.pop(), name.pop()) else {
        return Err(SqlError::syntax("Expected cluster.replica"));
    };
    let enclosed = cursor.accept_token(&Token::LParen);
    cursor.expect("size")?;
    cursor.accept_token(&Token::Eq);
    let size = cursor.string()?;
    if enclosed {
        cursor.expect_token(&Token::RParen)?;
    }
    cursor.end()?;
    Ok(Ddl::CreateReplica {
        cluster,
        name: replica,
        size,
    })
}

pub fn parse_change(cursor: &mut Cursor<'_>) -> SqlResult<ClusterChange> {
    if cursor.accept("reset") {
        let names = cursor.list(|cursor| {
            let words = cursor.until(&[","]);
            Ok(super::tokens::shown(words).to_lowercase())
        })?;
        return Ok(ClusterChange::Reset(names));
    }
    cursor.expect("set")?;
    match parse_options(cursor)? {
        ClusterSpec::Managed(options) => {
            // A graceful change ends before the statement does, so waiting for it changes nothing here.
            if cursor.accept("with") {
                cursor.until(&[]);
            }
            Ok(ClusterChange::Set(options))
        }
        ClusterSpec::Unmanaged(_) => {
            Err(SqlError::unsupported("ALTER CLUSTER .. SET (REPLICAS ..)"))
        }
    }
}

fn option(cursor: &mut Cursor<'_>, options: &mut ClusterOptions) -> SqlResult<()> {
    if cursor.accept("size") {
        options.size = Some(text(cursor)?);
    } else if cursor.accept("replication factor") {
        let text = text(cursor)?;
        let factor = text.parse().map_err(|_| {
            SqlError::plan("invalid REPLICATION FACTOR: cannot use value as number")
        })?;
        options.replication_factor = Some(factor);
    } else if cursor.accept("experimental arrangement compression") {
        options.arrangement_compression = Some(flag(cursor)?);
    } else if cursor.accept("introspection debugging") {
        options.introspection_debugging = Some(flag(cursor)?);
    } else if cursor.accept("introspection interval") {
        let text = text(cursor)?;
        let off = matches!(text.as_str(), "0" | "0s");
        options.introspection_interval = Some(if off { None } else { Some(interval(&text)?) });
    } else if cursor.accept("managed") {
        options.managed = Some(flag(cursor)?);
    } else if cursor.accept("schedule") {
        cursor.accept_token(&Token::Eq);
        options.schedule = Some(schedule(cursor)?);
    } else if cursor.accept("availability zones") {
        cursor.accept_token(&Token::Eq);
        if !cursor.list(Cursor::string)?.is_empty() {
            return Err(SqlError::unsupported("AVAILABILITY ZONES"));
        }
    } else if cursor.accept("auto scaling strategy") {
        cursor.accept_token(&Token::Eq);
        options.strategy = Some(Some(strategy(cursor)?));
    } else if cursor.accept("disk") {
        flag(cursor)?;
    } else if cursor.accept("workload class") {
        let class = Some(text(cursor)?).filter(|class| !class.eq_ignore_ascii_case("null"));
        options.workload_class = Some(class);
    } else {
        return Err(cursor.unexpected("a cluster option"));
    }
    Ok(())
}

/// `(ON HYDRATION (HYDRATION SIZE = '100cc', LINGER DURATION = '10s'))`.
fn strategy(cursor: &mut Cursor<'_>) -> SqlResult<Strategy> {
    cursor.expect_token(&Token::LParen)?;
    cursor.expect("on hydration")?;
    let parts = cursor.list(|cursor| {
        if cursor.accept("hydration size") {
            return Ok((Some(text(cursor)?), None));
        }
        cursor.expect("linger duration")?;
        Ok((None, Some(interval(&text(cursor)?)?)))
    })?;
    cursor.expect_token(&Token::RParen)?;
    let size = parts.iter().find_map(|(size, _)| size.clone());
    Ok(Strategy {
        size: size.ok_or_else(|| SqlError::plan("HYDRATION SIZE option must be specified"))?,
        linger: parts.iter().find_map(|(_, linger)| *linger),
    })
}

fn schedule(cursor: &mut Cursor<'_>) -> SqlResult<Schedule> {
    if cursor.accept("manual") {
        return Ok(Schedule::Manual);
    }
    cursor.expect("on refresh")?;
    let mut estimate = Duration::ZERO;
    if cursor.peek() == Some(&Token::LParen) {
        let estimates = cursor.list(|cursor| {
            cursor.expect("hydration time estimate")?;
            interval(&text(cursor)?)
        })?;
        estimate = estimates.first().copied().unwrap_or_default();
    }
    Ok(Schedule::OnRefresh(estimate))
}

/// A value: a constant, or `INTERVAL '..'`.
fn text(cursor: &mut Cursor<'_>) -> SqlResult<String> {
    cursor.accept_token(&Token::Eq);
    cursor.accept("interval");
    match cursor.peek() {
        Some(Token::Number(number, _)) => {
            let number = number.clone();
            cursor.advance();
            Ok(number)
        }
        Some(Token::Word(_)) => cursor.identifier(),
        _ => cursor.string(),
    }
}

fn flag(cursor: &mut Cursor<'_>) -> SqlResult<bool> {
    cursor.accept_token(&Token::Eq);
    if cursor.accept("true") || cursor.accept("on") {
        Ok(true)
    } else if cursor.accept("false") || cursor.accept("off") {
        Ok(false)
    } else if matches!(cursor.peek(), None | Some(Token::Comma | Token::RParen)) {
        Ok(true)
    } else {
        Err(cursor.unexpected("a boolean"))
    }
}

fn interval(text: &str) -> SqlResult<Duration> {
    let micros = parse_interval(text)?;
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
}
