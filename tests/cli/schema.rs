//! Checks values against the schemas in `assets/schemas`, as far as those go: a keyword that is not known here is an error.

use serde_json::Value;
use std::fs;
use std::path::Path;

pub struct Schema {
    root: Value,
}

impl Schema {
    pub fn named(name: &str) -> Self {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/schemas/{name}.json"));
        let text = fs::read_to_string(&file).unwrap();
        let root: Value = serde_json::from_str(&text).unwrap();
        Self { root }
    }

    /// Panics with the place and the reason where the value is not as the schema says.
    pub fn check(&self, value: &Value) {
        if let Err(problem) = self.holds(&self.root, value, "$") {
            panic!("{problem}\nin {value:#}");
        }
    }

    pub fn refuses(&self, value: &Value) -> bool {
        self.holds(&self.root, value, "$").is_err()
    }

    fn holds(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let members = schema.as_object().unwrap();
        for (keyword, rule) in members {
            let fine = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "required" => true,
                "$ref" => {
                    let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                    self.holds(&self.root["$defs"][name], value, place)?;
                    true
                }
                "type" => types(rule).any(|name| has_type(value, name)),
                "const" => value == rule,
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value
                    .as_f64()
                    .is_none_or(|number| number >= rule.as_f64().unwrap()),
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.holds(rule, item, &format!("{place}[{at}]"))?;
                    }
                    true
                }
                "properties" => {
                    self.properties(schema, rule, value, place)?;
                    true
                }
                "additionalProperties" => {
                    assert_eq!(rule, &Value::Bool(false), "{place}: only `false` is known");
                    true
                }
                "oneOf" => {
                    let fitting = rule.as_array().unwrap().iter();
                    fitting
                        .filter(|one| self.holds(one, value, place).is_ok())
                        .count()
                        == 1
                }
                unknown => panic!("{place}: the keyword `{unknown}` is not known here"),
            };
            if !fine {
                return Err(format!(
                    "{place}: {value} is not as `{keyword}` says: {rule}"
                ));
            }
        }
        Ok(())
    }

    fn properties(
        &self,
        schema: &Value,
        properties: &Value,
        value: &Value,
        place: &str,
    ) -> Result<(), String> {
        let Some(members) = value.as_object() else {
            return Ok(());
        };
        for name in schema["required"].as_array().into_iter().flatten() {
            if !members.contains_key(name.as_str().unwrap()) {
                return Err(format!("{place}: {name} is missing"));
            }
        }
        for (name, member) in members {
            match properties.get(name) {
                Some(rule) => self.holds(rule, member, &format!("{place}.{name}"))?,
                None => return Err(format!("{place}: `{name}` is not in the schema")),
            }
        }
        Ok(())
    }
}

fn types(rule: &Value) -> impl Iterator<Item = &str> {
    let list = rule
        .as_array()
        .map_or(std::slice::from_ref(rule), Vec::as_slice);
    list.iter().map(|name| name.as_str().unwrap())
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("the type `{unknown}` is not known here"),
    }
}
