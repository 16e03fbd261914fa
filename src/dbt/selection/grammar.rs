//! dbt's selection syntax: `@`, `n+`, `method.argument:value`, `+n`; a space unites, a comma intersects.

use super::IndirectSelection;
use super::SelectionError;
use super::method::Method;

/// How far `+` reaches: any distance, or at most so many edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach(pub Option<usize>);

/// One criterion: what it matches, and which relatives come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    pub method: Method,
    /// `@x`: descendants, and everything that they need.
    pub with_childrens_parents: bool,
    pub parents: Option<Reach>,
    pub children: Option<Reach>,
    /// Where it differs from the rest of the selection; only selectors of `selectors.yml` can say it.
    pub indirect: Option<IndirectSelection>,
}

/// A union of intersections.
pub(super) type Union = Vec<Vec<Criterion>>;

/// Parses the values of `--select` or `--exclude`.
pub(super) fn union(texts: &[String]) -> Result<Union, SelectionError> {
    texts
        .iter()
        .flat_map(|text| text.split(' '))
        .map(|text| text.split(',').map(Criterion::parse).collect())
        .collect()
}

impl Criterion {
    pub fn parse(text: &str) -> Result<Self, SelectionError> {
        let (with_childrens_parents, rest) = match text.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (parents, rest) = parents(rest);
        let (method, rest) = method_name(rest);
        let (value, children) = children(rest);
        if with_childrens_parents && children.is_some() {
            return Err(SelectionError::AtWithPlus(text.to_owned()));
        }
        let reach = |digits: Option<&str>| match digits {
            None => Ok(None),
            Some("") => Ok(Some(Reach(None))),
            Some(digits) => digits
                .parse()
                .map(|depth| Some(Reach(Some(depth))))
                .map_err(|_| SelectionError::Depth(text.to_owned())),
        };
        Ok(Self {
            method: Method::new(method, value, text)?,
            with_childrens_parents,
            parents: reach(parents)?,
            children: reach(children)?,
            indirect: None,
        })
    }
}

/// The digits of a leading `n+`.
fn parents(text: &str) -> (Option<&str>, &str) {
    match text.split_once('+') {
        Some((digits, rest)) if digits.bytes().all(|b| b.is_ascii_digit()) => (Some(digits), rest),
        _ => (None, text),
    }
}

/// What stands before the first colon, where that can be a method.
fn method_name(text: &str) -> (Option<&str>, &str) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    match text.split_once(':') {
        Some((method, value)) if !method.is_empty() && method.chars().all(is_word) => {
            (Some(method), value)
        }
        _ => (None, text),
    }
}

/// The digits of a trailing `+n`.
fn children(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('+') {
        Some((value, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            (value, Some(digits))
        }
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dbt::selection::method::Method;

    fn parse(text: &str) -> Criterion {
        Criterion::parse(text).unwrap()
    }

    fn fqn(name: &str) -> Method {
        Method::new(None, name, name).unwrap()
    }

    #[test]
    fn reads_operators_around_a_name() {
        for (text, at, parents, children) in [
            ("a", false, None, None),
            ("+a", false, Some(Reach(None)), None),
            ("a+", false, None, Some(Reach(None))),
            ("2+a+3", false, Some(Reach(Some(2))), Some(Reach(Some(3)))),
            ("@a", true, None, None),
            ("@+a", true, Some(Reach(None)), None),
        ] {
            let found = parse(text);
            assert_eq!(found.method, fqn("a"), "{text}");
            let operators = (found.with_childrens_parents, found.parents, found.children);
            assert_eq!(operators, (at, parents, children), "{text}");
        }
        assert_eq!(parse("a+b").method, fqn("a+b"), "only digits make a depth");
        assert_eq!(parse("a++").method, fqn("a+"));
        assert_eq!(parse("+").method, fqn(""), "nothing but parents of nothing");
        assert!(matches!(
            Criterion::parse("@a+"),
            Err(SelectionError::AtWithPlus(_))
        ));
        assert!(matches!(
            Criterion::parse("99999999999999999999+a"),
            Err(SelectionError::Depth(_))
        ));
    }

    #[test]
    fn spaces_unite_and_commas_intersect() {
        let parsed = union(&["a b,c".to_owned(), "d".to_owned()]).unwrap();
        assert_eq!(parsed.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
    }

    #[test]
    fn an_unknown_method_is_refused_by_name() {
        let error = union(&["states:modified".to_owned()]).unwrap_err();
        assert!(matches!(
            &error,
            SelectionError::UnknownMethod { method, .. } if method == "states"
        ));
        assert!(error.to_string().contains("`states`"));
        assert_eq!(
            parse("a-b:c").method,
            fqn("a-b:c"),
            "no method has a hyphen"
        );
    }
}
