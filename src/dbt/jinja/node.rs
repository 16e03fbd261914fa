//! The nodes of a parsed template.

use super::SyntaxError;

/// What is chained (`a | b | c`, `a.b.c`, `a + b + c`) lies as deep as it is long.
const MAX_DEPTH: usize = 400;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    None,
    Bool(bool),
    /// Decimal digits.
    Integer(String),
    Float(f64),
    Text(String),
}

/// What a field of a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    None,
    Text(String),
    Constant(Constant),
    Node(Box<JinjaNode>),
    List(Vec<JinjaNode>),
}

impl Field {
    fn nodes(&self) -> &[JinjaNode] {
        match self {
            Self::Node(node) => std::slice::from_ref(&**node),
            Self::List(nodes) => nodes,
            _ => &[],
        }
    }
}

impl From<JinjaNode> for Field {
    fn from(node: JinjaNode) -> Self {
        Self::Node(Box::new(node))
    }
}

impl From<Option<JinjaNode>> for Field {
    fn from(node: Option<JinjaNode>) -> Self {
        node.map_or(Self::None, Self::from)
    }
}

impl From<Vec<JinjaNode>> for Field {
    fn from(nodes: Vec<JinjaNode>) -> Self {
        Self::List(nodes)
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Field {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A node of any kind, with Jinja's name for the kind and its fields in Jinja's order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JinjaNode {
    pub kind: &'static str,
    /// How many nodes stand above each other from this one down.
    depth: usize,
    pub fields: Vec<(&'static str, Field)>,
}

impl JinjaNode {
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            depth: 1,
            fields: Vec::new(),
        }
    }

    pub fn with(mut self, name: &'static str, field: impl Into<Field>) -> Self {
        let field = field.into();
        let below = field.nodes().iter().map(|node| node.depth).max();
        self.depth = self.depth.max(1 + below.unwrap_or(0));
        self.fields.push((name, field));
        self
    }

    /// # Errors
    /// When it is too deep to be walked through, or dropped, on a thread's stack.
    pub fn bounded(self) -> Result<Self, SyntaxError> {
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::too_deep());
        }
        Ok(self)
    }

    pub fn constant(value: Constant) -> Self {
        Self::new("Const").with("value", Field::Constant(value))
    }

    fn field(&self, name: &str) -> Option<&Field> {
        let found = self.fields.iter().find(|(own, _)| *own == name);
        found.map(|(_, field)| field)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name) {
            Some(Field::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn child(&self, name: &str) -> Option<&JinjaNode> {
        match self.field(name) {
            Some(Field::Node(node)) => Some(node),
            _ => None,
        }
    }

    pub fn list(&self, name: &str) -> &[JinjaNode] {
        match self.field(name) {
            Some(Field::List(nodes)) => nodes,
            _ => &[],
        }
    }

    /// The literal of a `Const`.
    pub fn value(&self) -> Option<&Constant> {
        match self.field("value") {
            Some(Field::Constant(value)) => Some(value),
            _ => None,
        }
    }

    /// The first node below this one that is wanted: depth first, in the order of the fields.
    pub fn find(&self, wanted: &dyn Fn(&JinjaNode) -> bool) -> Option<&JinjaNode> {
        self.fields.iter().find_map(|(_, field)| {
            field.nodes().iter().find_map(|child| {
                if wanted(child) {
                    Some(child)
                } else {
                    child.find(wanted)
                }
            })
        })
    }
}
