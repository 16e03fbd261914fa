//! Why a node is in a diff.

use super::Facet;
use crate::dbt::json::Value;
use crate::dbt::manifest::UniqueId;
use crate::domain::quantity::count;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// One reason. Serialized as an object whose `kind` names the variant and whose `text` is the sentence of [`fmt::Display`].
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The state does not have it.
    New,
    /// The SQL before Jinja differs; for a seed, the checksum of its file.
    Body,
    /// A configuration key, before rendering; `None` where the side lacks the key.
    Config {
        key: String,
        before: Option<Value>,
        after: Option<Value>,
    },
    /// A part of the relation's name as configured (for sources: as rendered, unless the project's flag says otherwise).
    Relation {
        key: &'static str,
        before: Option<Value>,
        after: Option<Value>,
    },
    /// A description that dbt writes into the database: the relation's, or that of a column.
    Description {
        column: Option<String>,
        before: Option<Value>,
        after: Option<Value>,
    },
    /// The contract; `breaking` lists what its readers lose, empty for additions.
    Contract { breaking: Vec<String> },
    /// A macro that the node reaches: `chain` leads from the macro that the node calls to the changed one.
    Macro {
        chain: Arc<[UniqueId]>,
        change: MacroChange,
        /// How many further changed macros the node reaches.
        others: usize,
    },
    /// Another field that dbt compares: fqn, access, latest_version, freshness, owner, ...
    Field {
        field: &'static str,
        before: Option<Value>,
        after: Option<Value>,
    },
    /// Nothing of its own: an ancestor changed.
    Downstream { of: UniqueId },
    /// The state has it, the project does not, or has it disabled. `dependents` still exist and read it in the state.
    Removed {
        disabled: bool,
        dependents: Vec<UniqueId>,
    },
}

/// What happened to a macro.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MacroChange {
    Added,
    Changed,
    Removed,
}

impl Reason {
    /// The kind's name in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Body => "body",
            Self::Config { .. } => "config",
            Self::Relation { .. } => "relation",
            Self::Description { .. } => "description",
            Self::Contract { .. } => "contract",
            Self::Macro { .. } => "macro",
            Self::Field { .. } => "field",
            Self::Downstream { .. } => "downstream",
            Self::Removed { .. } => "removed",
        }
    }

    /// The sub-selector of `state:modified` that sees this; fields have none.
    #[must_use]
    pub fn facet(&self) -> Option<Facet> {
        match self {
            Self::Body => Some(Facet::Body),
            Self::Config { .. } => Some(Facet::Configs),
            Self::Relation { .. } => Some(Facet::Relation),
            Self::Description { .. } => Some(Facet::PersistedDescriptions),
            Self::Contract { .. } => Some(Facet::Contract),
            Self::Macro { .. } => Some(Facet::Macros),
            Self::New | Self::Field { .. } | Self::Downstream { .. } | Self::Removed { .. } => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Body => f.write_str("body"),
            Self::Config { key, before, after } => {
                write!(f, "config {key}: {}", BeforeAfter(before, after))
            }
            Self::Relation { key, before, after } => {
                write!(f, "relation {key}: {}", BeforeAfter(before, after))
            }
            Self::Description {
                column: None,
                before,
                after,
            } => write!(f, "description: {}", BeforeAfter(before, after)),
            Self::Description {
                column: Some(column),
                before,
                after,
            } => write!(
                f,
                "description of column {column}: {}",
                BeforeAfter(before, after)
            ),
            Self::Contract { breaking } if breaking.is_empty() => f.write_str("contract"),
            Self::Contract { breaking } => {
                write!(f, "contract, breaking: {}", breaking.join("; "))
            }
            Self::Macro {
                chain,
                change,
                others,
            } => {
                let chain: Vec<_> = chain.iter().map(UniqueId::as_str).collect();
                let change = match change {
                    MacroChange::Added => "added",
                    MacroChange::Changed => "changed",
                    MacroChange::Removed => "removed",
                };
                write!(f, "macro {} ({change})", chain.join(" -> "))?;
                match others {
                    0 => Ok(()),
                    others => write!(f, " and {}", count(*others, "other macro")),
                }
            }
            Self::Field {
                field,
                before,
                after,
            } => write!(f, "{field}: {}", BeforeAfter(before, after)),
            Self::Downstream { of } => write!(f, "downstream of {of}"),
            Self::Removed {
                disabled,
                dependents,
            } => {
                f.write_str(if *disabled { "disabled" } else { "removed" })?;
                if !dependents.is_empty() {
                    let names: Vec<_> = dependents.iter().map(UniqueId::as_str).collect();
                    write!(f, "; the state has it read by {}", names.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

struct BeforeAfter<'a>(&'a Option<Value>, &'a Option<Value>);

impl fmt::Display for BeforeAfter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(Some(before), Some(after)) => write!(f, "{before} -> {after}"),
            Self(None, Some(after)) => write!(f, "unset -> {after}"),
            Self(Some(before), None) => write!(f, "{before} -> unset"),
            Self(None, None) => f.write_str("unset"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("text", &self.to_string())?;
        match self {
            Self::New | Self::Body => {}
            Self::Config { key, .. } => map.serialize_entry("key", key)?,
            Self::Relation { key, .. } => map.serialize_entry("key", key)?,
            Self::Field { field, .. } => map.serialize_entry("key", field)?,
            Self::Description { column, .. } => map.serialize_entry("column", column)?,
            Self::Contract { breaking } => map.serialize_entry("breaking", breaking)?,
            Self::Macro {
                chain,
                change,
                others,
            } => {
                map.serialize_entry("chain", &chain[..])?;
                map.serialize_entry("change", change)?;
                map.serialize_entry("others", others)?;
            }
            Self::Downstream { of } => map.serialize_entry("of", of)?,
            Self::Removed {
                disabled,
                dependents,
            } => {
                map.serialize_entry("disabled", disabled)?;
                map.serialize_entry("dependents", dependents)?;
            }
        }
        if let Self::Config { before, after, .. }
        | Self::Relation { before, after, .. }
        | Self::Description { before, after, .. }
        | Self::Field { before, after, .. } = self
        {
            map.serialize_entry("before", before)?;
            map.serialize_entry("after", after)?;
        }
        map.end()
    }
}
