//! Expressions written back as source, as dbt 1.12 does it: parentheses are lost, and what it has no words for shows as Jinja's node.

use super::node::{Constant, Field, JinjaNode};
use super::python;

/// The value of a keyword argument.
pub(super) fn argument(value: &JinjaNode) -> String {
    match value.value() {
        Some(Constant::Text(text)) => text.clone(),
        _ => source(value),
    }
}

fn source(node: &JinjaNode) -> String {
    let of = |name| node.child(name).map(source).unwrap_or_default();
    let own = |name| node.text(name).unwrap_or_default();
    let items = || node.list("items").iter().map(source).collect::<Vec<_>>();
    match node.kind {
        "Const" => node.value().map(literal).unwrap_or_default(),
        "Name" => own("name").to_owned(),
        "Call" => call(node),
        "List" => format!("[{}]", items().join(", ")),
        "Tuple" => match &items()[..] {
            [only] => format!("({only},)"),
            all => format!("({})", all.join(", ")),
        },
        "Dict" => {
            let pair = |pair: &JinjaNode| {
                let of = |name| pair.child(name).map(source).unwrap_or_default();
                format!("{}: {}", of("key"), of("value"))
            };
            let pairs: Vec<_> = node.list("items").iter().map(pair).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        "Getattr" => format!("{}.{}", of("node"), own("attr")),
        "Getitem" => format!("{}[{}]", of("node"), of("arg")),
        "Concat" => {
            let parts: Vec<_> = node.list("nodes").iter().map(source).collect();
            parts.join(" ~ ")
        }
        "Compare" => {
            let operand = |operand: &JinjaNode| {
                let value = operand.child("expr").map(source).unwrap_or_default();
                format!(
                    "{} {value}",
                    operator(operand.text("op").unwrap_or_default())
                )
            };
            let operands: Vec<_> = node.list("ops").iter().map(operand).collect();
            format!("{} {}", of("expr"), operands.join(" "))
        }
        "Not" => format!("not {}", of("node")),
        "Neg" => format!("-{}", of("node")),
        "And" => format!("{} and {}", of("left"), of("right")),
        "Or" => format!("{} or {}", of("left"), of("right")),
        _ => representation(node),
    }
}

fn call(node: &JinjaNode) -> String {
    let mut parts: Vec<_> = node.list("args").iter().map(source).collect();
    parts.extend(node.list("kwargs").iter().map(|keyword| {
        let value = keyword.child("value").map(source).unwrap_or_default();
        format!("{}={value}", keyword.text("key").unwrap_or_default())
    }));
    let starred = [("*", "dyn_args"), ("**", "dyn_kwargs")];
    parts.extend(starred.into_iter().filter_map(|(stars, name)| {
        let value = node.child(name)?;
        Some(format!("{stars}{}", source(value)))
    }));
    let called = node.child("node").map(source).unwrap_or_default();
    format!("{called}({})", parts.join(", "))
}

fn operator(name: &str) -> &str {
    match name {
        "eq" => "==",
        "ne" => "!=",
        "lt" => "<",
        "lteq" => "<=",
        "gt" => ">",
        "gteq" => ">=",
        "notin" => "not in",
        other => other,
    }
}

fn literal(value: &Constant) -> String {
    match value {
        Constant::None => "None".to_owned(),
        Constant::Bool(true) => "True".to_owned(),
        Constant::Bool(false) => "False".to_owned(),
        Constant::Integer(digits) => digits.clone(),
        Constant::Float(float) => python::float(*float),
        Constant::Text(text) => python::text(text),
    }
}

/// The node as Jinja prints it: `Add(left=Const(value=1), right=Const(value=2))`.
fn representation(node: &JinjaNode) -> String {
    let field = |(name, field): &(&str, Field)| {
        let shown = match field {
            Field::None => "None".to_owned(),
            Field::Text(text) => python::text(text),
            Field::Constant(value) => literal(value),
            Field::Node(node) => representation(node),
            Field::List(nodes) => {
                let shown: Vec<_> = nodes.iter().map(representation).collect();
                format!("[{}]", shown.join(", "))
            }
        };
        format!("{name}={shown}")
    };
    let fields: Vec<_> = node.fields.iter().map(field).collect();
    format!("{}({})", node.kind, fields.join(", "))
}
