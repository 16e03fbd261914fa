//! What follows a value: attributes, items, calls, filters and tests.

use super::SyntaxError;
use super::lexer::Token;
use super::node::{Constant, JinjaNode};
use super::parser::{ParseResult, Parser};

/// What stands between the parentheses of a call.
struct Arguments {
    args: Vec<JinjaNode>,
    kwargs: Vec<JinjaNode>,
    dyn_args: Option<JinjaNode>,
    dyn_kwargs: Option<JinjaNode>,
}

impl Arguments {
    fn none() -> Self {
        Self {
            args: Vec::new(),
            kwargs: Vec::new(),
            dyn_args: None,
            dyn_kwargs: None,
        }
    }

    fn of(self, node: JinjaNode) -> JinjaNode {
        node.with("args", self.args)
            .with("kwargs", self.kwargs)
            .with("dyn_args", self.dyn_args)
            .with("dyn_kwargs", self.dyn_kwargs)
    }
}

impl Parser {
    pub fn postfix(&mut self, mut node: JinjaNode) -> ParseResult {
        loop {
            node = if self.is(".") || self.is("[") {
                self.subscript(node)?
            } else if self.is("(") {
                self.call(node)?
            } else {
                return Ok(node);
            }
            .bounded()?;
        }
    }

    pub fn filters(&mut self, mut node: JinjaNode) -> ParseResult {
        loop {
            node = if self.skip("|") {
                self.filter(Some(node))?
            } else if self.skip_word("is") {
                self.test(node)?
            } else if self.is("(") {
                self.call(node)?
            } else {
                return Ok(node);
            }
            .bounded()?;
        }
    }

    fn subscript(&mut self, node: JinjaNode) -> ParseResult {
        if self.skip(".") {
            return match self.current().clone() {
                Token::Integer(digits) => {
                    self.at += 1;
                    let arg = JinjaNode::constant(Constant::Integer(digits));
                    Ok(item_of(node, arg))
                }
                _ => Ok(JinjaNode::new("Getattr")
                    .with("node", node)
                    .with("attr", self.name()?)
                    .with("ctx", "load")),
            };
        }
        self.expect_operator("[")?;
        let mut args = Vec::new();
        while !self.is("]") {
            if !args.is_empty() {
                self.expect_operator(",")?;
            }
            args.push(self.subscribed()?);
        }
        self.expect_operator("]")?;
        let arg = match <[JinjaNode; 1]>::try_from(args) {
            Ok([only]) => only,
            Err(args) => JinjaNode::new("Tuple")
                .with("items", args)
                .with("ctx", "load"),
        };
        Ok(item_of(node, arg))
    }

    fn subscribed(&mut self) -> ParseResult {
        let start = if self.is(":") {
            None
        } else {
            let value = self.expression()?;
            if !self.is(":") {
                return Ok(value);
            }
            Some(value)
        };
        self.expect_operator(":")?;
        let stop = if self.is(":") { None } else { self.bound()? };
        let step = if self.skip(":") { self.bound()? } else { None };
        Ok(JinjaNode::new("Slice")
            .with("start", start)
            .with("stop", stop)
            .with("step", step))
    }

    fn bound(&mut self) -> Result<Option<JinjaNode>, SyntaxError> {
        if self.is("]") || self.is(",") {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    fn arguments(&mut self) -> Result<Arguments, SyntaxError> {
        let mut found = Arguments::none();
        self.expect_operator("(")?;
        let mut is_first = true;
        while !self.is(")") {
            if !std::mem::take(&mut is_first) {
                self.expect_operator(",")?;
                if self.is(")") {
                    break;
                }
            }
            let has_starred = found.dyn_args.is_some() || found.dyn_kwargs.is_some();
            if self.is("*") && !has_starred {
                self.at += 1;
                found.dyn_args = Some(self.expression()?);
            } else if self.is("**") && found.dyn_kwargs.is_none() {
                self.at += 1;
                found.dyn_kwargs = Some(self.expression()?);
            } else if matches!(self.current(), Token::Name(_))
                && *self.ahead(1) == Token::Operator("=")
            {
                if found.dyn_kwargs.is_some() {
                    return self.unexpected();
                }
                let key = self.name()?;
                self.at += 1;
                let value = self.expression()?;
                found.kwargs.push(
                    JinjaNode::new("Keyword")
                        .with("key", key)
                        .with("value", value),
                );
            } else if has_starred || !found.kwargs.is_empty() {
                return self.unexpected();
            } else {
                found.args.push(self.expression()?);
            }
        }
        self.expect_operator(")")?;
        Ok(found)
    }

    fn call(&mut self, node: JinjaNode) -> ParseResult {
        let arguments = self.arguments()?;
        Ok(arguments.of(JinjaNode::new("Call").with("node", node)))
    }

    fn dotted_name(&mut self) -> Result<String, SyntaxError> {
        let mut name = self.name()?;
        while self.skip(".") {
            name = format!("{name}.{}", self.name()?);
        }
        Ok(name)
    }

    /// A filter, behind its `|` (or at the head of a filter block, where there is no value), and those that follow it.
    pub fn filter(&mut self, mut node: Option<JinjaNode>) -> ParseResult {
        loop {
            let filter = JinjaNode::new("Filter")
                .with("node", node)
                .with("name", self.dotted_name()?);
            let arguments = if self.is("(") {
                self.arguments()?
            } else {
                Arguments::none()
            };
            let filter = arguments.of(filter).bounded()?;
            if !self.skip("|") {
                return Ok(filter);
            }
            node = Some(filter);
        }
    }

    fn test(&mut self, node: JinjaNode) -> ParseResult {
        let is_negated = self.skip_word("not");
        let name = self.dotted_name()?;
        let takes_value = match self.current() {
            Token::Name(word) => !matches!(word.as_str(), "else" | "or" | "and"),
            Token::Text(_) | Token::Integer(_) | Token::Float(_) => true,
            _ => self.is("[") || self.is("{"),
        };
        let arguments = if self.is("(") {
            self.arguments()?
        } else if takes_value {
            if self.is_word("is") {
                return self.unexpected();
            }
            let value = self.primary()?;
            Arguments {
                args: vec![self.postfix(value)?],
                ..Arguments::none()
            }
        } else {
            Arguments::none()
        };
        let test = arguments.of(JinjaNode::new("Test").with("node", node).with("name", name));
        Ok(if is_negated {
            JinjaNode::new("Not").with("node", test)
        } else {
            test
        })
    }
}

fn item_of(node: JinjaNode, arg: JinjaNode) -> JinjaNode {
    JinjaNode::new("Getitem")
        .with("node", node)
        .with("arg", arg)
        .with("ctx", "load")
}
