//! Tags: Jinja's own, and those that dbt adds.

use super::SyntaxError;
use super::lexer::Token;
use super::node::JinjaNode;
use super::parser::{ParseResult, Parser};

type Body = Result<Vec<JinjaNode>, SyntaxError>;

impl Parser {
    pub fn template(mut self) -> ParseResult {
        let body = self.body(&[])?;
        Ok(JinjaNode::new("Template").with("body", body))
    }

    /// Everything up to one of these tags, or up to the end of the template where there are none. Stops behind the `{%`.
    fn body(&mut self, end_words: &[&str]) -> Body {
        let mut body = Vec::new();
        loop {
            match self.next() {
                Token::End if end_words.is_empty() => return Ok(body),
                Token::VariableBegin => {
                    body.push(self.tuple(false, Self::expression, &[])?);
                    self.expect(&Token::VariableEnd)?;
                }
                Token::BlockBegin => {
                    if end_words.iter().any(|word| self.is_word(word)) {
                        return Ok(body);
                    }
                    body.push(self.deeper(Self::statement)?);
                    self.expect(&Token::BlockEnd)?;
                }
                _ => return self.unexpected(),
            }
        }
    }

    /// The body of a tag, from the end of the tag on.
    fn inner(&mut self, end_words: &[&str]) -> Body {
        self.skip(":");
        self.expect(&Token::BlockEnd)?;
        self.body(end_words)
    }

    /// The body of a tag that only this word ends, with the word.
    fn inner_to(&mut self, end_word: &str) -> Body {
        let body = self.inner(&[end_word])?;
        self.expect_word(end_word)?;
        Ok(body)
    }

    fn statement(&mut self) -> ParseResult {
        let word = self.name()?;
        match word.as_str() {
            "for" => self.for_loop(),
            "if" => self.condition(),
            "set" => self.assignment(),
            "with" => self.with(),
            "autoescape" => {
                let value = self.expression()?;
                let options = vec![JinjaNode::new("Keyword").with("value", value)];
                let body = self.inner_to("endautoescape")?;
                Ok(JinjaNode::new("Scope")
                    .with("options", options)
                    .with("body", body))
            }
            "block" => {
                let name = self.name()?;
                self.skip_word("scoped");
                self.skip_word("required");
                let body = self.inner_to("endblock")?;
                self.skip_word(&name);
                Ok(JinjaNode::new("Block").with("body", body))
            }
            "extends" => Ok(JinjaNode::new("Extends").with("template", self.expression()?)),
            "include" | "import" | "from" => {
                let template = self.expression()?;
                self.skip_names();
                Ok(JinjaNode::new("Include").with("template", template))
            }
            "print" => {
                let mut printed = Vec::new();
                while *self.current() != Token::BlockEnd {
                    if !printed.is_empty() {
                        self.expect_operator(",")?;
                    }
                    printed.push(self.expression()?);
                }
                Ok(JinjaNode::new("Output").with("nodes", printed))
            }
            "macro" => self.definition("endmacro"),
            "test" => self.definition("endtest"),
            "docs" => {
                self.name()?;
                let body = self.inner_to("enddocs")?;
                Ok(JinjaNode::new("Macro").with("body", body))
            }
            "materialization" => self.materialization(),
            "call" => self.call_block(),
            "filter" => {
                let filter = self.filter(None)?;
                let body = self.inner_to("endfilter")?;
                Ok(JinjaNode::new("FilterBlock")
                    .with("body", body)
                    .with("filter", filter))
            }
            "do" => {
                let value = self.tuple(false, Self::expression, &[])?;
                Ok(JinjaNode::new("ExprStmt").with("node", value))
            }
            "break" => Ok(JinjaNode::new("Break")),
            "continue" => Ok(JinjaNode::new("Continue")),
            unknown => Err(SyntaxError::new(format!("unknown tag `{unknown}`"))),
        }
    }

    /// What follows the template of an import: names, commas and words only.
    fn skip_names(&mut self) {
        while matches!(self.current(), Token::Name(_)) || self.is(",") {
            self.next();
        }
    }

    fn target(&mut self, end_words: &[&str]) -> ParseResult {
        self.tuple(false, Self::target_part, end_words)
    }

    /// A name, an attribute of a namespace, or names in parentheses.
    fn target_part(&mut self) -> ParseResult {
        let target = self.primary()?;
        if target.kind == "Name" && self.skip(".") {
            return Ok(JinjaNode::new("NSRef").with("attr", self.name()?));
        }
        match target.kind {
            "Name" | "Tuple" => Ok(target),
            _ => self.unexpected(),
        }
    }

    fn for_loop(&mut self) -> ParseResult {
        let target = self.target(&["in"])?;
        self.expect_word("in")?;
        let iter = self.tuple(false, Self::or, &["recursive"])?;
        let test = if self.skip_word("if") {
            Some(self.expression()?)
        } else {
            None
        };
        self.skip_word("recursive");
        let body = self.inner(&["endfor", "else"])?;
        let otherwise = if self.skip_word("else") {
            self.inner_to("endfor")?
        } else {
            self.expect_word("endfor")?;
            Vec::new()
        };
        Ok(JinjaNode::new("For")
            .with("target", target)
            .with("iter", iter)
            .with("body", body)
            .with("else_", otherwise)
            .with("test", test))
    }

    fn condition(&mut self) -> ParseResult {
        let branch = |parser: &mut Self| {
            let test = parser.tuple(false, Self::or, &[])?;
            let body = parser.inner(&["elif", "else", "endif"])?;
            Ok::<_, SyntaxError>(JinjaNode::new("If").with("test", test).with("body", body))
        };
        let first = branch(self)?;
        let mut others = Vec::new();
        while self.skip_word("elif") {
            others.push(branch(self)?);
        }
        let otherwise = if self.skip_word("else") {
            self.inner_to("endif")?
        } else {
            self.expect_word("endif")?;
            Vec::new()
        };
        Ok(first.with("elif_", others).with("else_", otherwise))
    }

    fn assignment(&mut self) -> ParseResult {
        let target = self.target(&[])?;
        if self.skip("=") {
            let value = self.tuple(false, Self::expression, &[])?;
            return Ok(JinjaNode::new("Assign")
                .with("target", target)
                .with("node", value));
        }
        let filter = if self.skip("|") {
            Some(self.filter(None)?)
        } else {
            None
        };
        let body = self.inner_to("endset")?;
        Ok(JinjaNode::new("AssignBlock")
            .with("target", target)
            .with("filter", filter)
            .with("body", body))
    }

    fn with(&mut self) -> ParseResult {
        let (mut targets, mut values) = (Vec::new(), Vec::new());
        while *self.current() != Token::BlockEnd {
            if !targets.is_empty() {
                self.expect_operator(",")?;
            }
            targets.push(self.target(&[])?);
            self.expect_operator("=")?;
            values.push(self.expression()?);
        }
        let body = self.inner_to("endwith")?;
        Ok(JinjaNode::new("With")
            .with("targets", targets)
            .with("values", values)
            .with("body", body))
    }

    fn definition(&mut self, end_word: &str) -> ParseResult {
        self.name()?;
        let defaults = self.signature()?;
        let body = self.inner_to(end_word)?;
        Ok(JinjaNode::new("Macro")
            .with("defaults", defaults)
            .with("body", body))
    }

    /// The defaults of a macro's parameters. dbt lets them have types.
    fn signature(&mut self) -> Body {
        let mut defaults = Vec::new();
        let mut is_first = true;
        self.expect_operator("(")?;
        while !self.is(")") {
            if !std::mem::take(&mut is_first) {
                self.expect_operator(",")?;
            }
            self.name()?;
            if self.skip(":") {
                self.type_name()?;
            }
            if self.skip("=") {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                return self.unexpected();
            }
        }
        self.expect_operator(")")?;
        Ok(defaults)
    }

    fn type_name(&mut self) -> Result<(), SyntaxError> {
        self.name()?;
        if self.skip("[") {
            let mut is_first = true;
            while !self.is("]") {
                if !std::mem::take(&mut is_first) {
                    self.expect_operator(",")?;
                }
                self.deeper(Self::type_name)?;
            }
            self.expect_operator("]")?;
        }
        Ok(())
    }

    fn materialization(&mut self) -> ParseResult {
        self.name()?;
        let mut defaults = Vec::new();
        while self.skip(",") {
            match self.name()?.as_str() {
                "default" => {}
                "adapter" => {
                    self.expect_operator("=")?;
                    self.expression()?;
                }
                "supported_languages" => {
                    self.expect_operator("=")?;
                    defaults.push(self.expression()?);
                }
                _ => return self.unexpected(),
            }
        }
        let body = self.inner_to("endmaterialization")?;
        Ok(JinjaNode::new("Macro")
            .with("defaults", defaults)
            .with("body", body))
    }

    fn call_block(&mut self) -> ParseResult {
        let defaults = if self.is("(") {
            self.signature()?
        } else {
            Vec::new()
        };
        let call = self.expression()?;
        if call.kind != "Call" {
            return self.unexpected();
        }
        let body = self.inner_to("endcall")?;
        Ok(JinjaNode::new("CallBlock")
            .with("call", call)
            .with("defaults", defaults)
            .with("body", body))
    }
}
