//! Ids and kinds of what a manifest lists.

use serde::{Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The id that dbt gives to everything in a project: `model.shop.orders`, `macro.dbt.ref`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueId(Arc<str>);

impl UniqueId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for UniqueId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl Borrow<str> for UniqueId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for UniqueId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

macro_rules! resource_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What a node is, as dbt names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum ResourceType {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
        }

        impl ResourceType {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

resource_types! {
    Model = "model",
    Seed = "seed",
    Snapshot = "snapshot",
    /// A data test, generic or singular.
    Test = "test",
    Analysis = "analysis",
    /// A hook of `on-run-start` or `on-run-end`.
    Operation = "operation",
    SqlOperation = "sql_operation",
    Rpc = "rpc",
    Source = "source",
    Exposure = "exposure",
    Metric = "metric",
    UnitTest = "unit_test",
    SemanticModel = "semantic_model",
    SavedQuery = "saved_query",
    Function = "function",
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text names no kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no resource type; dbt has {known}", known = ResourceType::ALL.iter().map(|t| t.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownResourceType(pub String);

impl FromStr for ResourceType {
    type Err = UnknownResourceType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|kind| kind.as_str() == text)
            .copied()
            .ok_or_else(|| UnknownResourceType(text.to_owned()))
    }
}
