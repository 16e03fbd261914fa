//! Whether a method matches a node.

use super::method::{Method, PackagedName, TestType, VersionKind};
use super::path;
use super::wildcard::Wildcard;
use super::{SelectionError, StateSelector};
use crate::dbt::compare::Comparison;
use crate::dbt::graph::NodeSet;
use crate::dbt::json::{Number, Value};
use crate::dbt::manifest::{Field, Manifest, Node, ResourceType};
use std::path::Path;

/// The members of the project's graph that the method matches.
pub(super) fn search(comparison: &Comparison, method: &Method) -> Result<NodeSet, SelectionError> {
    let manifest = comparison.after();
    match method {
        Method::State(selector) => state(comparison, *selector),
        Method::Path(pattern) => {
            let hits = pattern.hits(manifest);
            Ok(members(comparison, |node| path::lies_in(node, &hits)))
        }
        Method::Fqn(name) => {
            let nodes = manifest.nodes();
            let mut members = comparison.graph().members().iter();
            match members.find(|at| is_too_short(&nodes[*at], name)) {
                Some(at) => Err(SelectionError::ShortFqn(nodes[at].unique_id.clone())),
                None => Ok(self::members(comparison, |node| {
                    node.resource_type != ResourceType::Source && fqn(node, name)
                })),
            }
        }
        Method::Config(keys, value) => {
            let keys = config_keys(keys);
            Ok(members(comparison, |node| config(node, &keys, value)))
        }
        method => Ok(members(comparison, |node| matches(method, node, manifest))),
    }
}

fn members(comparison: &Comparison, holds: impl Fn(&Node) -> bool) -> NodeSet {
    let nodes = comparison.after().nodes();
    let mut found = NodeSet::empty(nodes.len());
    for at in comparison.graph().members().iter() {
        if holds(&nodes[at]) {
            found.insert(at);
        }
    }
    found
}

fn state(comparison: &Comparison, selector: StateSelector) -> Result<NodeSet, SelectionError> {
    if comparison.before().is_none() {
        return Err(SelectionError::NoState);
    }
    let members = comparison.graph().members();
    let found = match selector {
        StateSelector::New => Ok(comparison.new_nodes()),
        StateSelector::Old => Ok(members.difference(&comparison.new_nodes())),
        StateSelector::Modified => comparison.modified(),
        StateSelector::Unmodified => comparison
            .modified()
            .map(|found| members.difference(&found)),
        StateSelector::ModifiedIn(facet) => comparison.modified_in(facet),
    };
    found.map_err(|abort| abort.clone().into())
}

fn matches(method: &Method, node: &Node, manifest: &Manifest) -> bool {
    let kind = node.resource_type;
    match method {
        Method::Tag(tag) => {
            kind != ResourceType::SemanticModel && node.tags().iter().any(|own| tag.matches(own))
        }
        Method::Group(group) => {
            (has_file_of_its_own(kind) || kind == ResourceType::Metric)
                && node
                    .text(Field::ConfigGroup)
                    .is_some_and(|own| !own.is_empty() && group.matches(&own))
        }
        Method::Access(access) => {
            let own = node.text(Field::Access);
            kind == ResourceType::Model && own.as_deref().unwrap_or("protected") == access
        }
        Method::Source {
            package,
            source,
            table,
        } => {
            let own = node.text(Field::SourceName).unwrap_or_default();
            kind == ResourceType::Source
                && package.matches(&node.package())
                && source.matches(&own)
                && table.matches(&node.name())
        }
        Method::File(file) => {
            let path = node.original_file_path();
            let path = Path::new(&*path);
            let part = |part: Option<&std::ffi::OsStr>| {
                part.is_some_and(|part| file.matches(&part.to_string_lossy()))
            };
            part(path.file_name()) || part(path.file_stem())
        }
        Method::Package(package) => {
            let project = manifest.metadata().project_name.as_deref();
            let package = match project {
                Some(project) if package == "this" => project,
                _ => package,
            };
            Wildcard::new(package).matches(&node.package())
        }
        Method::TestName(name) => test_name(node, name),
        Method::TestType(wanted) => match wanted {
            TestType::Generic => node.is_generic_test(),
            TestType::Singular => kind == ResourceType::Test && !node.is_generic_test(),
            TestType::Data => kind == ResourceType::Test,
            TestType::Unit => kind == ResourceType::UnitTest,
        },
        Method::ResourceType(wanted) => kind == *wanted,
        Method::Exposure(name) => kind == ResourceType::Exposure && packaged(node, name),
        Method::Metric(name) => kind == ResourceType::Metric && packaged(node, name),
        Method::SemanticModel(name) => kind == ResourceType::SemanticModel && packaged(node, name),
        Method::SavedQuery(name) => kind == ResourceType::SavedQuery && packaged(node, name),
        Method::UnitTest(name) => kind == ResourceType::UnitTest && packaged(node, name),
        Method::Version(wanted) => kind == ResourceType::Model && version(node, *wanted),
        Method::Fqn(_)
        | Method::State(_)
        | Method::Path(_)
        | Method::Config(..)
        | Method::Selector { .. } => false,
    }
}

/// What dbt keeps under `nodes`.
fn has_file_of_its_own(kind: ResourceType) -> bool {
    matches!(
        kind,
        ResourceType::Model
            | ResourceType::Seed
            | ResourceType::Snapshot
            | ResourceType::Test
            | ResourceType::Analysis
            | ResourceType::Operation
            | ResourceType::SqlOperation
            | ResourceType::Rpc
    )
}

fn packaged(node: &Node, name: &PackagedName) -> bool {
    name.package.matches(&node.package()) && name.name.matches(&node.name())
}

fn test_name(node: &Node, name: &Wildcard) -> bool {
    match node.resource_type {
        ResourceType::UnitTest => name.matches(&node.name()),
        ResourceType::Test => node
            .value(Field::TestMetadata)
            .as_ref()
            .and_then(|metadata| metadata.get("name"))
            .and_then(Value::as_text)
            .is_some_and(|own| name.matches(own)),
        _ => false,
    }
}

/// Whether dbt runs out of parts while it matches the name: it stops there (IndexError).
fn is_too_short(node: &Node, name: &str) -> bool {
    let fqn = node.fqn();
    let is_versioned = node.version().is_some();
    let needed = if is_versioned { 2 } else { 1 };
    node.resource_type != ResourceType::Source
        && node.written(Field::Fqn).is_some()
        && (fqn.len() < needed || (fqn.len() == needed && !fqn_matches(&fqn, name, is_versioned)))
}

/// A name matches with or without the package in front.
fn fqn(node: &Node, name: &str) -> bool {
    let fqn = node.fqn();
    let is_versioned = node.version().is_some();
    let below_package = fqn.get(1..).unwrap_or_default();
    fqn_matches(&fqn, name, is_versioned) || fqn_matches(below_package, name, is_versioned)
}

/// A name matches the last part, or the parts from the front on; from the first wildcard on it matches the rest as one
/// text, or, without any dot, the last part. Of a versioned model the version is the last part.
fn fqn_matches(fqn: &[String], name: &str, is_versioned: bool) -> bool {
    let [.., last] = fqn else { return false };
    let leaf = match fqn {
        [.., model, _] if is_versioned => model,
        _ => last,
    };
    if leaf == name {
        return true;
    }
    let wanted: Vec<&str> = name.split('.').collect();
    if is_versioned && last_two(fqn) == last_two(&wanted) {
        return true;
    }
    let own: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    if own.len() < wanted.len() {
        return false;
    }
    let has_wildcard = |part: &&str| part.contains(['*', '?', '[', ']']);
    let wildcard = wanted.iter().position(has_wildcard);
    let exact = wildcard.unwrap_or(wanted.len());
    if own[..exact] != wanted[..exact] {
        return false;
    }
    wildcard.is_none()
        || Wildcard::new(&wanted[exact..].join(".")).matches(&own[exact..].join("."))
        || (wanted.len() == 1 && Wildcard::new(name).matches(leaf))
}

/// `orders_v1` and `orders.v1` both name version 1 of `orders`.
fn last_two<T: AsRef<str>>(parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    parts[parts.len().saturating_sub(2)..].join("_")
}

/// The keys as the manifest spells them: dbt looks at the attribute, which for hooks is spelled with an underscore.
fn config_keys(keys: &[String]) -> Vec<&str> {
    keys.iter()
        .map(|key| match key.as_str() {
            "pre_hook" => "pre-hook",
            "post_hook" => "post-hook",
            key => key,
        })
        .collect()
}

/// A text equals a text; `true` and `false` in any case also match truth values; a list matches by its items.
fn config(node: &Node, keys: &[&str], wanted: &str) -> bool {
    if !has_file_of_its_own(node.resource_type) && node.resource_type != ResourceType::Source {
        return false;
    }
    let Some(config) = node.config() else {
        return false;
    };
    let found = keys.iter().try_fold(&config, |value, key| value.get(key));
    // The severity of tests alone is compared without regard to case.
    let is_same_text = |text: &str| match keys {
        ["severity"] => text.to_uppercase() == wanted.to_uppercase(),
        _ => text == wanted,
    };
    let truth = match wanted.to_uppercase().as_str() {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    };
    match found {
        Some(Value::Text(text)) => is_same_text(text),
        Some(Value::Bool(own)) => truth == Some(*own),
        Some(Value::List(items)) => items.iter().any(|item| match item {
            Value::Text(text) => is_same_text(text),
            // Python finds True in [1].
            item => truth.is_some_and(|truth| *item == Value::Bool(truth)),
        }),
        _ => false,
    }
}

fn version(node: &Node, wanted: VersionKind) -> bool {
    let own = node.version();
    let latest = node.value(Field::LatestVersion);
    let order = match (&own, &latest) {
        (Some(own), Some(latest)) if own.is_truthy() && latest.is_truthy() => {
            Some(compare_versions(own, latest))
        }
        _ => None,
    };
    match wanted {
        VersionKind::Latest => own.is_some() && own == latest,
        VersionKind::Prerelease => order == Some(std::cmp::Ordering::Greater),
        VersionKind::Old => order == Some(std::cmp::Ordering::Less),
        VersionKind::None => own.is_none(),
    }
}

/// As numbers where both are numbers, else as texts.
fn compare_versions(a: &Value, b: &Value) -> std::cmp::Ordering {
    let text = |version: &Value| match version {
        Value::Text(text) => text.to_string(),
        Value::Number(Number::Float(float)) => format!("{float:?}"),
        other => other.to_string(),
    };
    let (a, b) = (text(a), text(b));
    match (a.trim().parse::<f64>(), b.trim().parse::<f64>()) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal),
        _ => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(fqn: &str, name: &str, is_versioned: bool) -> bool {
        let fqn: Vec<String> = fqn.split('/').map(str::to_owned).collect();
        fqn_matches(&fqn, name, is_versioned)
            || fqn_matches(fqn.get(1..).unwrap_or_default(), name, is_versioned)
    }

    #[test]
    fn names_match_as_in_dbt() {
        for name in [
            "orders",
            "shop",
            "shop.marts",
            "marts",
            "marts.orders",
            "shop.marts.orders",
            "*",
            "ord*",
            "shop.*",
            "marts.*",
            "marts.o?ders",
            "shop.m*.orders",
        ] {
            assert!(named("shop/marts/orders", name, false), "{name}");
        }
        for name in [
            "order",
            "shop.orders",
            "marts.order",
            "orders.*",
            "shop.marts.orders.x",
            "",
            "Orders",
        ] {
            assert!(!named("shop/marts/orders", name, false), "{name}");
        }
        assert!(named("shop/my.model", "my.model", false), "dots in names");
        assert!(named("shop/my.model", "shop.my", false), "dots part names");
    }

    #[test]
    fn versions_are_named_by_dot_or_underscore() {
        for name in [
            "orders",
            "orders.v1",
            "orders_v1",
            "marts.orders.v1",
            "ord*",
            "shop.marts.orders.v1",
        ] {
            assert!(named("shop/marts/orders/v1", name, true), "{name}");
        }
        assert!(!named("shop/marts/orders/v1", "orders.v2", true));
        assert!(!named("shop/marts/orders/v1", "v1", true));
        assert!(!named("shop/marts/orders/v1", "orders", false));
    }
}
