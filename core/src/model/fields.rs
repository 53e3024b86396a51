//! Texts and maps with limits.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value as Json};

use super::InvalidValue;
use crate::json;
use crate::sorted_map::SortedMap;

/// How large the parts of an execution may be, in bytes of UTF-8 unless a field says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Workflow id.
    pub workflow_id: usize,
    /// A tag.
    pub tag: usize,
    /// A param's name.
    pub param_name: usize,
    /// Names and values of all params together.
    pub params: usize,
    /// Attributes as JSON.
    pub attributes: usize,
    /// A note.
    pub note: usize,
    /// Names, paths and other short texts.
    pub short_text: usize,
    /// The command line as JSON.
    pub argv: usize,
    /// A compiled prompt.
    pub compiled_prompt: usize,
}

/// The limits in force. Their sum stays below what one record may hold.
pub const LIMITS: Limits = Limits {
    workflow_id: 512,
    tag: 128,
    param_name: 256,
    params: 1 << 20,
    attributes: 1 << 20,
    note: 64 << 10,
    short_text: 16 << 10,
    argv: 4 << 20,
    compiled_prompt: 8 << 20,
};

pub(super) fn bounded(field: &'static str, text: &str, limit: usize) -> Result<(), InvalidValue> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(InvalidValue::new(field, format!("{} bytes long, at most {limit} are kept", text.len())))
}

macro_rules! bounded_text {
    ($(#[$doc:meta])* $name:ident, $field:literal, $limit:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// [`InvalidValue`] where it is empty, too long, or holds a control character.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidValue> {
                let text = text.into();
                if text.is_empty() {
                    return Err(InvalidValue::new($field, "empty; give at least one character"));
                }
                if text.chars().any(char::is_control) {
                    return Err(InvalidValue::new($field, "holds a control character"));
                }
                bounded($field, &text, LIMITS.$limit)?;
                Ok(Self(text))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

bounded_text! {
    /// Which workflow, program or template was executed: what runs are grouped by.
    WorkflowId, "workflow_id", workflow_id
}

bounded_text! {
    /// A label on an execution.
    Tag, "tag", tag
}

/// The parameters of an execution: unique names, text values.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Params(SortedMap<String, String>);

impl Params {
    /// None.
    pub const fn new() -> Self {
        Self(SortedMap::new())
    }

    /// Sets a parameter, replacing an earlier value of the same name.
    ///
    /// # Errors
    /// [`InvalidValue`] where the name is empty or too long, or all params together are too large.
    pub fn set(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), InvalidValue> {
        let (name, value) = (name.into(), value.into());
        if name.is_empty() {
            return Err(InvalidValue::new("params", "a name is empty"));
        }
        bounded("params", &name, LIMITS.param_name)?;
        let others = self.0.iter().filter(|(known, _)| **known != name);
        let size: usize = others.map(|(name, value)| name.len() + value.len()).sum();
        if size + name.len() + value.len() > LIMITS.params {
            let reason = format!("larger than {} bytes with '{name}'", LIMITS.params);
            return Err(InvalidValue::new("params", reason));
        }
        self.0.insert(name, value);
        Ok(())
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, ordered by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stored form: a JSON object of strings.
    pub fn to_json(&self) -> String {
        let mut object = Map::new();
        for (name, value) in self.iter() {
            object.insert(name.to_owned(), value.into());
        }
        json::text(&Json::Object(object))
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`InvalidValue`] where it is not a JSON object of strings within the limits.
    pub fn from_json(text: &str) -> Result<Self, InvalidValue> {
        let wrong = |what| InvalidValue::new("params", format!("not an object of texts: {what}"));
        let Json::Object(found) = parse(text).map_err(wrong)? else {
            return Err(wrong("it is no object".to_owned()));
        };
        let mut params = SortedMap::new();
        for (name, value) in found {
            let Json::String(value) = value else { return Err(wrong(format!("'{name}' is none"))) };
            params.insert(name, value);
        }
        Ok(Self(params))
    }
}

/// What no field covers: a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Attributes(Map<String, Json>);

impl Attributes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Json>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stored form: the JSON text, names in order.
    ///
    /// # Errors
    /// [`InvalidValue`] where it is larger than [`Limits::attributes`].
    pub fn to_json(&self) -> Result<String, InvalidValue> {
        let text = json::text(&self.0);
        bounded("attributes", &text, LIMITS.attributes)?;
        Ok(text)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// [`InvalidValue`] where the text is not a JSON object or too large.
    pub fn from_json(text: &str) -> Result<Self, InvalidValue> {
        bounded("attributes", text, LIMITS.attributes)?;
        let wrong = |what| InvalidValue::new("attributes", format!("not a JSON object: {what}"));
        match parse(text).map_err(wrong)? {
            Json::Object(attributes) => Ok(Self(attributes)),
            _ => Err(wrong("it is another value".to_owned())),
        }
    }
}

/// Reads any JSON text. What it is to hold is looked for in the value: each type that serde reads by
/// itself brings a deserialiser with it, which a page downloads.
fn parse(text: &str) -> Result<Json, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Reads a JSON array of texts, as a command line is stored.
pub(crate) fn texts_from_json(text: &str) -> Result<Vec<String>, InvalidValue> {
    let wrong = |what| InvalidValue::new("argv", format!("no JSON array of texts: {what}"));
    let Json::Array(found) = parse(text).map_err(wrong)? else {
        return Err(wrong("it is no array".to_owned()));
    };
    let texts = found.into_iter().map(|value| match value {
        Json::String(text) => Ok(text),
        _ => Err(wrong("it holds another value".to_owned())),
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field_and_the_limit() {
        let long = "x".repeat(LIMITS.tag + 1);
        assert_eq!(
            Tag::new(long).unwrap_err().to_string(),
            "tag: 129 bytes long, at most 128 are kept"
        );
        assert_eq!(Tag::new("").unwrap_err().field, "tag");
        assert!(WorkflowId::new("a\nb").is_err());
        assert!(Params::new().set("", "x").is_err());
        assert!(Attributes::from_json("[1]").unwrap_err().to_string().contains("JSON object"));
    }

    #[test]
    fn params_keep_names_unique_and_read_back() {
        let mut params = Params::new();
        params.set("env", "test").unwrap();
        params.set("env", "prod \"x\" \u{1f600}").unwrap();
        assert_eq!(params.iter().len(), 1);
        assert_eq!(Params::from_json(&params.to_json()), Ok(params));
    }
}
