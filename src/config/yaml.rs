//! YAML as dbt reads it, with the line of every value.

use super::problem::{Problem, SourceLocation};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};
use std::{collections::BTreeMap, fmt, path::Path};

/// A value and its line, counted from 1.
#[derive(Debug, Clone)]
pub(super) struct YamlNode {
    pub value: Yaml,
    pub line: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    /// Numbers keep their text: nobody here calculates with them.
    Scalar(String),
    List(Vec<YamlNode>),
    Map(BTreeMap<String, YamlNode>),
}

impl YamlNode {
    /// The value under a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |node, key| node.map()?.get(*key))
    }

    pub fn map(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.value {
            Yaml::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A scalar's text, before Jinja; absent for null, lists and mappings.
    pub fn text(&self) -> Option<String> {
        match &self.value {
            Yaml::Bool(value) => Some(value.to_string()),
            Yaml::Scalar(text) => Some(text.clone()),
            Yaml::Null | Yaml::List(_) | Yaml::Map(_) => None,
        }
    }
}

/// Reads a YAML file's text. The last of two equal keys counts, as for dbt.
///
/// # Errors
/// When the text is no YAML.
pub(super) fn parse(file: &Path, text: &str) -> Result<YamlNode, Problem> {
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
    serde_saphyr::from_str_with_options::<Spanned<Yaml>>(text, options)
        .map(YamlNode::from)
        .map_err(|error| {
            let line = error.location().map(|location| line_of(location.line()));
            Problem::new(
                format!("this is not valid YAML: {}", error.without_snippet()),
                "correct the file",
            )
            .at(SourceLocation {
                file: file.to_path_buf(),
                line,
            })
        })
}

fn line_of(line: u64) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}

impl From<Spanned<Yaml>> for YamlNode {
    fn from(spanned: Spanned<Yaml>) -> Self {
        Self {
            line: line_of(spanned.referenced.line()),
            value: spanned.value,
        }
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyYaml)
    }
}

struct AnyYaml;

impl<'de> Visitor<'de> for AnyYaml {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        Yaml::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
        Ok(Yaml::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Yaml, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Yaml>>()? {
            list.push(item.into());
        }
        Ok(Yaml::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Yaml, A::Error> {
        let mut map = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry::<String, Spanned<Yaml>>()? {
            map.insert(key, value.into());
        }
        Ok(Yaml::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let node = parse(
            Path::new("f.yml"),
            "a: &x\n  b: 1\nc:\n  - yes\n  - two\nd:\n  <<: *x\n  e: 2\n",
        )
        .unwrap();
        assert_eq!(node.at(&["a", "b"]).unwrap().line, 2);
        let Yaml::List(items) = &node.at(&["c"]).unwrap().value else {
            panic!("a list")
        };
        assert_eq!((items[1].line, items[1].text().unwrap()), (5, "two".into()));
        assert_eq!(node.at(&["d", "b"]).unwrap().text().unwrap(), "1");
        assert_eq!(node.at(&["d", "e"]).unwrap().line, 8);
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        let node = parse(Path::new("f.yml"), "a: 1\na: 2\n").unwrap();
        assert_eq!(node.at(&["a"]).unwrap().text().unwrap(), "2");
    }

    #[test]
    fn broken_yaml_names_the_line() {
        let problem = parse(Path::new("f.yml"), "a: 1\nb: [1,\nc: }\n").unwrap_err();
        let place = problem.place.unwrap();
        assert!(place.line.unwrap() >= 2, "{place}");
    }
}
