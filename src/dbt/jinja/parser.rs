//! Expressions.

use super::SyntaxError;
use super::lexer::{Lexer, Token};
use super::node::{Constant, JinjaNode};

pub(super) type ParseResult = Result<JinjaNode, SyntaxError>;

/// How many steps down reading may go; a pair of parentheses takes three.
const MAX_DEPTH: usize = 100;

pub(super) struct Parser {
    tokens: Vec<Token>,
    pub at: usize,
    depth: usize,
}

impl Parser {
    pub fn new(source: &str) -> Result<Self, SyntaxError> {
        let source = source.replace("\r\n", "\n").replace('\r', "\n");
        let tokens = Lexer::new(&source).tokens()?;
        Ok(Self {
            tokens,
            at: 0,
            depth: 0,
        })
    }

    /// One step down: whatever leads to itself again goes through here.
    pub fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, SyntaxError>,
    ) -> Result<T, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(SyntaxError::too_deep());
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    pub fn ahead(&self, by: usize) -> &Token {
        self.tokens.get(self.at + by).unwrap_or(&Token::End)
    }

    pub fn current(&self) -> &Token {
        self.ahead(0)
    }

    pub fn next(&mut self) -> Token {
        let token = self.current().clone();
        self.at += 1;
        token
    }

    pub fn is(&self, operator: &str) -> bool {
        matches!(self.current(), Token::Operator(own) if *own == operator)
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.word_ahead(0, word)
    }

    pub fn word_ahead(&self, by: usize, word: &str) -> bool {
        matches!(self.ahead(by), Token::Name(name) if name == word)
    }

    pub fn skip(&mut self, operator: &str) -> bool {
        let found = self.is(operator);
        self.at += usize::from(found);
        found
    }

    pub fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub fn unexpected<T>(&self) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(match self.current() {
            Token::End => "it ends in the middle of a tag".to_owned(),
            token => format!("unexpected {token:?}"),
        }))
    }

    pub fn expect(&mut self, token: &Token) -> Result<(), SyntaxError> {
        if self.current() == token {
            self.at += 1;
            Ok(())
        } else {
            self.unexpected()
        }
    }

    pub fn expect_operator(&mut self, operator: &'static str) -> Result<(), SyntaxError> {
        self.expect(&Token::Operator(operator))
    }

    pub fn expect_word(&mut self, word: &str) -> Result<(), SyntaxError> {
        self.expect(&Token::Name(word.to_owned()))
    }

    pub fn name(&mut self) -> Result<String, SyntaxError> {
        match self.current().clone() {
            Token::Name(name) if !name.starts_with(char::is_numeric) => {
                self.at += 1;
                Ok(name)
            }
            _ => self.unexpected(),
        }
    }

    pub fn expression(&mut self) -> ParseResult {
        self.deeper(Self::choice)
    }

    fn choice(&mut self) -> ParseResult {
        let mut value = self.or()?;
        while self.skip_word("if") {
            let test = self.or()?;
            let other = if self.skip_word("else") {
                Some(self.expression()?)
            } else {
                None
            };
            value = JinjaNode::new("CondExpr")
                .with("test", test)
                .with("expr1", value)
                .with("expr2", other)
                .bounded()?;
        }
        Ok(value)
    }

    pub fn or(&mut self) -> ParseResult {
        let mut left = self.and()?;
        while self.skip_word("or") {
            left = binary("Or", left, self.and()?)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> ParseResult {
        let mut left = self.not()?;
        while self.skip_word("and") {
            left = binary("And", left, self.not()?)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> ParseResult {
        if self.skip_word("not") {
            return Ok(JinjaNode::new("Not").with("node", self.deeper(Self::not)?));
        }
        self.compare()
    }

    fn compare(&mut self) -> ParseResult {
        let value = self.sum()?;
        let mut operands = Vec::new();
        loop {
            let name = match self.current() {
                Token::Operator("==") => "eq",
                Token::Operator("!=") => "ne",
                Token::Operator("<") => "lt",
                Token::Operator("<=") => "lteq",
                Token::Operator(">") => "gt",
                Token::Operator(">=") => "gteq",
                Token::Name(word) if word == "in" => "in",
                Token::Name(word) if word == "not" && self.word_ahead(1, "in") => {
                    self.at += 1;
                    "notin"
                }
                _ => break,
            };
            self.at += 1;
            let operand = JinjaNode::new("Operand").with("op", name);
            operands.push(operand.with("expr", self.sum()?));
        }
        if operands.is_empty() {
            return Ok(value);
        }
        Ok(JinjaNode::new("Compare")
            .with("expr", value)
            .with("ops", operands))
    }

    /// The kind of node for the operator that stands here, if it is one of these.
    fn operation(&mut self, known: &[(&str, &'static str)]) -> Option<&'static str> {
        let found = known.iter().find(|(operator, _)| self.is(operator));
        self.at += usize::from(found.is_some());
        found.map(|(_, kind)| *kind)
    }

    fn sum(&mut self) -> ParseResult {
        let mut left = self.concatenation()?;
        while let Some(kind) = self.operation(&[("+", "Add"), ("-", "Sub")]) {
            left = binary(kind, left, self.concatenation()?)?;
        }
        Ok(left)
    }

    fn concatenation(&mut self) -> ParseResult {
        let first = self.product()?;
        if !self.is("~") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip("~") {
            parts.push(self.product()?);
        }
        Ok(JinjaNode::new("Concat").with("nodes", parts))
    }

    fn product(&mut self) -> ParseResult {
        const KINDS: [(&str, &str); 4] =
            [("*", "Mul"), ("/", "Div"), ("//", "FloorDiv"), ("%", "Mod")];
        let mut left = self.power()?;
        while let Some(kind) = self.operation(&KINDS) {
            left = binary(kind, left, self.power()?)?;
        }
        Ok(left)
    }

    fn power(&mut self) -> ParseResult {
        let mut left = self.unary(true)?;
        while self.skip("**") {
            left = binary("Pow", left, self.unary(true)?)?;
        }
        Ok(left)
    }

    fn unary(&mut self, with_filter: bool) -> ParseResult {
        let node = match self.operation(&[("-", "Neg"), ("+", "Pos")]) {
            Some(kind) => {
                JinjaNode::new(kind).with("node", self.deeper(|inner| inner.unary(false))?)
            }
            None => self.primary()?,
        };
        let node = self.postfix(node)?;
        if with_filter {
            self.filters(node)
        } else {
            Ok(node)
        }
    }

    /// What holds others leads down again, so it has a small frame on the stack.
    pub fn primary(&mut self) -> ParseResult {
        match self.current() {
            Token::Operator("(") => {
                self.at += 1;
                let inner = self.tuple(true, Self::expression, &[])?;
                self.expect_operator(")")?;
                Ok(inner)
            }
            Token::Operator("[") => self.items("[", "]", "List", Self::expression),
            Token::Operator("{") => self.items("{", "}", "Dict", Self::pair),
            _ => self.single(),
        }
    }

    fn single(&mut self) -> ParseResult {
        match self.current().clone() {
            Token::Name(_) => {
                let name = self.name()?;
                Ok(match name.as_str() {
                    "true" | "True" => JinjaNode::constant(Constant::Bool(true)),
                    "false" | "False" => JinjaNode::constant(Constant::Bool(false)),
                    "none" | "None" => JinjaNode::constant(Constant::None),
                    _ => JinjaNode::new("Name")
                        .with("name", name)
                        .with("ctx", "load"),
                })
            }
            Token::Text(_) => {
                let mut whole = String::new();
                while let Token::Text(text) = self.current() {
                    whole.push_str(text);
                    self.at += 1;
                }
                Ok(JinjaNode::constant(Constant::Text(whole)))
            }
            Token::Integer(digits) => {
                self.at += 1;
                Ok(JinjaNode::constant(Constant::Integer(digits)))
            }
            Token::Float(value) => {
                self.at += 1;
                Ok(JinjaNode::constant(Constant::Float(value)))
            }
            _ => self.unexpected(),
        }
    }

    fn pair(&mut self) -> ParseResult {
        let key = self.expression()?;
        self.expect_operator(":")?;
        let value = self.expression()?;
        Ok(JinjaNode::new("Pair").with("key", key).with("value", value))
    }

    fn items(
        &mut self,
        open: &'static str,
        close: &'static str,
        kind: &'static str,
        item: fn(&mut Self) -> ParseResult,
    ) -> ParseResult {
        self.expect_operator(open)?;
        let mut items = Vec::new();
        while !self.is(close) {
            if !items.is_empty() {
                self.expect_operator(",")?;
                if self.is(close) {
                    break;
                }
            }
            items.push(item(self)?);
        }
        self.expect_operator(close)?;
        Ok(JinjaNode::new(kind).with("items", items))
    }

    /// One expression, or several with commas between or behind them.
    pub fn tuple(
        &mut self,
        in_parentheses: bool,
        item: fn(&mut Self) -> ParseResult,
        end_words: &[&str],
    ) -> ParseResult {
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            let ends =
                matches!(self.current(), Token::VariableEnd | Token::BlockEnd) || self.is(")");
            if ends || end_words.iter().any(|word| self.is_word(word)) {
                break;
            }
            items.push(item(self)?);
            if !self.is(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            if let Some(only) = items.pop() {
                return Ok(only);
            }
            if !in_parentheses {
                return self.unexpected();
            }
        }
        Ok(JinjaNode::new("Tuple")
            .with("items", items)
            .with("ctx", "load"))
    }
}

fn binary(kind: &'static str, left: JinjaNode, right: JinjaNode) -> ParseResult {
    JinjaNode::new(kind)
        .with("left", left)
        .with("right", right)
        .bounded()
}
