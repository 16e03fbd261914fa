//! The values of a world file that are more than plain text or numbers.

use super::super::clock::Timestamp;
use super::super::pace::HYDRATING_KINDS;
use super::super::script::ObjectName;
use crate::version::Release;
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// A duration as people write it: `20s`, `1m 30s`, `500ms`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let span: jiff::SignedDuration = text.parse().map_err(|_| {
            de::Error::custom(format!(
                "`{text}` is not a duration such as `20s` or `1m 30s`"
            ))
        })?;
        Duration::try_from(span)
            .map(Self)
            .map_err(|_| de::Error::custom(format!("the duration `{text}` is negative")))
    }
}

/// What a server says of itself, with its version in it: `v26.39.0`.
#[derive(Debug, Clone)]
pub(super) struct Version(pub(super) Release);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Release::of_text(&text).map(Self).map_err(de::Error::custom)
    }
}

/// How long statements take: `real`, `20ms`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latency(pub(super) super::super::latency::Latency);

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// A time such as `2026-11-01T08:00:00Z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            de::Error::custom(format!(
                "`{text}` is not a time after 1970 such as `2026-11-01T08:00:00Z`"
            ))
        };
        let instant: jiff::Timestamp = text.parse().map_err(|_| wrong())?;
        u64::try_from(instant.as_millisecond())
            .map(|millis| Self(Timestamp(millis)))
            .map_err(|_| wrong())
    }
}

/// `schema.name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Qualified {
    schema: String,
    name: String,
}

impl<'de> Deserialize<'de> for Qualified {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once('.') {
            Some((schema, name)) if !schema.is_empty() && !name.is_empty() => Ok(Self {
                schema: schema.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(de::Error::custom(format!(
                "`{text}` is not of the form `schema.name`"
            ))),
        }
    }
}

impl Qualified {
    pub(super) fn joined(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }
}

impl From<Qualified> for ObjectName {
    fn from(Qualified { schema, name }: Qualified) -> Self {
        Self { schema, name }
    }
}

/// `schema.name`, `schema.*` or `*.name`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(pub(super) String);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let qualified = Qualified::deserialize(deserializer)?;
        if qualified.schema == "*" && qualified.name == "*" {
            return Err(de::Error::custom(
                "`*.*` names everything: use [hydration.default]",
            ));
        }
        Ok(Self(qualified.joined()))
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HydratingKind(pub(super) &'static str);

impl<'de> Deserialize<'de> for HydratingKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        HYDRATING_KINDS
            .iter()
            .find(|kind| **kind == text)
            .map(|kind| Self(kind))
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "`{text}` is not a kind that hydrates; those are {}",
                    HYDRATING_KINDS.join(", ")
                ))
            })
    }
}

/// Five characters, digits and capital letters.
#[derive(Debug)]
pub(super) struct SqlState(pub(super) String);

impl<'de> Deserialize<'de> for SqlState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 5
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        {
            Ok(Self(text))
        } else {
            Err(de::Error::custom(format!(
                "`{text}` is not an SQLSTATE such as `40001`"
            )))
        }
    }
}
