//! Jinja as dbt reads it, without running it: which `config()` call a node's code holds, and how its arguments are written.
//!
//! dbt 1.12 reads a state of another version this way (its `statically_parse_unrendered_config`). The grammar is that of
//! Jinja 3.1 with dbt's tags; nodes carry Jinja's names and fields, because where dbt can't write an expression back as source, it
//! writes the names and fields of its node instead.

mod lexer;
mod node;
mod parser;
mod postfix;
mod python;
mod source;
mod statement;
mod syntax_error;
#[cfg(test)]
mod tests;

use node::JinjaNode;
use parser::Parser;
use std::collections::BTreeMap;
pub use syntax_error::SyntaxError;

/// The keyword arguments of the first `config()` call, as text: a plain string without its quotes, everything else as source.
/// Empty where there is no call.
///
/// # Errors
/// When the code mentions `config(` and is no Jinja.
pub fn config_arguments(code: &str) -> Result<BTreeMap<String, String>, SyntaxError> {
    if !code.contains("config(") {
        return Ok(BTreeMap::new());
    }
    let template = Parser::new(code)?.template()?;
    let is_config = |node: &JinjaNode| {
        node.kind == "Call"
            && node
                .child("node")
                .is_some_and(|called| called.text("name") == Some("config"))
    };
    let Some(call) = template.find(&is_config) else {
        return Ok(BTreeMap::new());
    };
    Ok(call
        .list("kwargs")
        .iter()
        .filter_map(|argument| {
            let value = argument.child("value")?;
            Some((argument.text("key")?.to_owned(), source::argument(value)))
        })
        .collect())
}
