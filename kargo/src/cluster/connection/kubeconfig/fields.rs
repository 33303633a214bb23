//! Fields of a kubeconfig by their names and types. A kubeconfig's text fields take text only: kubectl refuses `name: 123`, too.

use serde_json::{Map, Value};

/// A field of the wrong type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongType {
    /// Path of the field, such as `exec.env`.
    pub field: String,
    /// The mistake. Never quotes the field.
    pub why: &'static str,
}

/// An object's fields. An absent object has none.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    /// Path of the object with a dot at its end; empty at the top.
    prefix: String,
    map: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    /// Fields of a value, which must be an object or null.
    pub fn of(value: &'a Value, field: &str) -> Result<Self, WrongType> {
        let map = match value {
            Value::Null => None,
            Value::Object(map) => Some(map),
            _ => {
                return Err(WrongType {
                    field: field.to_owned(),
                    why: "fields are expected here",
                });
            }
        };
        let prefix = if field.is_empty() {
            String::new()
        } else {
            format!("{field}.")
        };
        Ok(Self { prefix, map })
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.map?.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, why: &'static str) -> WrongType {
        WrongType {
            field: format!("{}{name}", self.prefix),
            why,
        }
    }

    /// A text; `None` if it is absent or empty.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, WrongType> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(Value::Number(_) | Value::Bool(_)) => {
                Err(self.wrong(name, "text is expected here; write it in quotes"))
            }
            Some(_) => Err(self.wrong(name, "text is expected here")),
        }
    }

    /// `true` or `false`; `false` if it is absent.
    pub fn flag(&self, name: &str) -> Result<bool, WrongType> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(name, "true or false is expected here")),
        }
    }

    /// A list; empty if it is absent.
    pub fn list(&self, name: &str) -> Result<&'a [Value], WrongType> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.wrong(name, "a list is expected here")),
        }
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, WrongType> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(self.wrong(
                name,
                "a list of texts is expected here; write each in quotes",
            )),
        };
        self.list(name)?.iter().map(text).collect()
    }

    /// An object within this one; `None` if it is absent.
    pub fn object(&self, name: &str) -> Result<Option<Self>, WrongType> {
        let field = format!("{}{name}", self.prefix);
        self.get(name)
            .map(|value| Self::of(value, &field))
            .transpose()
    }

    /// Names and values.
    pub fn all(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.map.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_type_is_checked_and_never_quoted() {
        let value = json!({
            "text": "t", "empty": "", "null": null, "number": 1, "flag": true, "list": ["a"], "object": { "inner": 5 },
        });
        let fields = Fields::of(&value, "user").expect("an object");
        assert_eq!(fields.text("text"), Ok(Some("t")));
        assert_eq!(fields.text("empty"), Ok(None));
        assert_eq!(fields.text("null"), Ok(None));
        assert_eq!(fields.text("absent"), Ok(None));
        assert_eq!(fields.flag("flag"), Ok(true));
        assert_eq!(fields.texts("list"), Ok(vec!["a".to_owned()]));
        let wrong = fields.text("number").expect_err("a number");
        assert_eq!(wrong.field, "user.number");
        assert!(wrong.why.contains("quotes"));
        assert!(fields.list("text").is_err());
        assert!(fields.flag("text").is_err());
        let inner = fields.object("object").expect("one").expect("present");
        assert_eq!(
            inner.text("inner").expect_err("a number").field,
            "user.object.inner"
        );
        assert!(Fields::of(&json!([]), "user").is_err());
        assert_eq!(
            Fields::of(&Value::Null, "user").expect("none").text("a"),
            Ok(None)
        );
    }
}
