//! What a call says, taken out of its JSON.
//!
//! The JSON is read once, into values. [`arguments`] declares what a method takes; its fields are taken
//! out of an object one by one, and what is left over is refused. Serde would make a deserialiser for
//! each struct, and those were a tenth of the module that a page downloads.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::ApiError;

/// A field that is not what it should be. Behind a pointer, as whatever reads a field hands it on.
#[derive(Debug)]
pub(super) struct Mistake(Box<(String, String)>);

impl Mistake {
    pub(super) fn new(field: &str, reason: impl Into<String>) -> Self {
        Self(Box::new((field.to_owned(), reason.into())))
    }

    /// Something else stands where `what` is expected.
    fn expected(field: &str, what: &str, found: &Value) -> Self {
        let found = match found {
            Value::Null => return Self::new(field, format!("{what} is missing")),
            Value::Bool(_) => "a boolean",
            Value::Number(number) => &number.to_string(),
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Self::new(field, format!("expected {what}, not {found}"))
    }

    /// A text that is not of its kind.
    fn unreadable(field: &str, error: &dyn Display) -> Self {
        Self::new(field, error.to_string())
    }
}

impl From<Mistake> for ApiError {
    fn from(Mistake(mistake): Mistake) -> Self {
        let (field, reason) = *mistake;
        Self::Invalid { field, reason }
    }
}

/// What a field of a call can hold.
pub(super) trait Argument: Sized {
    /// Takes over the value of a field; `null` where the field is not there.
    fn of(field: &str, value: Value) -> Result<Self, Mistake>;
}

/// What [`arguments`] declares.
pub(super) trait Arguments: Sized {
    fn take_from(fields: &mut Fields) -> Result<Self, Mistake>;
}

impl<T: Arguments> Argument for T {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        Fields::of(field, value)?.all()
    }
}

/// The fields of an object.
#[derive(Debug)]
pub(super) struct Fields(Vec<(String, Value)>);

impl Fields {
    pub(super) fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        Ok(Self(object(field, value)?.into_iter().collect()))
    }

    /// Takes out a field that has to be there, unless its kind says otherwise.
    pub(super) fn take<T: Argument>(&mut self, name: &str) -> Result<T, Mistake> {
        T::of(name, self.value(name))
    }

    /// Takes out a field, or `default` where it is not there.
    pub(super) fn take_or<T: Argument>(&mut self, name: &str, default: T) -> Result<T, Mistake> {
        self.remove(name).map_or(Ok(default), |value| T::of(name, value))
    }

    /// Takes out whatever a field holds.
    pub(super) fn value(&mut self, name: &str) -> Value {
        self.remove(name).unwrap_or_default()
    }

    fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes out everything, and refuses what is left over.
    pub(super) fn all<T: Arguments>(&mut self) -> Result<T, Mistake> {
        let taken = T::take_from(self)?;
        match self.0.first() {
            Some((unknown, _)) => Err(Mistake::new("call", format!("unknown field `{unknown}`"))),
            None => Ok(taken),
        }
    }
}

fn object(field: &str, value: Value) -> Result<Map<String, Value>, Mistake> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(Mistake::expected(field, "an object", &other)),
    }
}

/// Declares a struct of arguments. A field is named in JSON as in Rust, or as the text in brackets says;
/// where it is not there, the value behind `=` stands for it, and nothing for an `Option`.
macro_rules! arguments {
    ($(
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$about:meta])* $field:ident $(($json:literal))?: $kind:ty $(= $default:expr)?,)*
        }
    )+) => {$(
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$about])* $field: $kind,)*
        }

        impl $crate::api::arguments::Arguments for $name {
            fn take_from(
                _fields: &mut $crate::api::arguments::Fields,
            ) -> Result<Self, $crate::api::arguments::Mistake> {
                Ok(Self { $($field: arguments!(
                    @take _fields, arguments!(@name $field $($json)?) $(, $default)?
                ),)* })
            }
        }
    )+};
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $json:literal) => { $json };
    (@take $fields:ident, $name:expr) => { $fields.take($name)? };
    (@take $fields:ident, $name:expr, $default:expr) => { $fields.take_or($name, $default)? };
}
pub(super) use arguments;

impl<T: Argument> Argument for Option<T> {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        if value.is_null() { Ok(None) } else { T::of(field, value).map(Some) }
    }
}

impl<T: Argument> Argument for Vec<T> {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        match value {
            Value::Array(values) => values.into_iter().map(|value| T::of(field, value)).collect(),
            other => Err(Mistake::expected(field, "a list", &other)),
        }
    }
}

impl Argument for String {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Mistake::expected(field, "a text", &other)),
        }
    }
}

impl Argument for bool {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        value.as_bool().ok_or_else(|| Mistake::expected(field, "a boolean", &value))
    }
}

/// Whole numbers; one of JSON with a fraction or an exponent is none.
macro_rules! integers {
    ($($kind:ident by $read:ident),+) => {$(
        impl Argument for $kind {
            fn of(field: &str, value: Value) -> Result<Self, Mistake> {
                let number = value.$read().and_then(|number| Self::try_from(number).ok());
                let what = concat!("an integer (", stringify!($kind), ")");
                number.ok_or_else(|| Mistake::expected(field, what, &value))
            }
        }
    )+};
}

integers!(i32 by as_i64, i64 by as_i64, u32 by as_u64, u64 by as_u64, usize by as_u64);

impl Argument for Map<String, Value> {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        object(field, value)
    }
}

/// Texts under names, each name once.
#[derive(Debug, Default)]
pub(super) struct Texts(pub(super) Vec<(String, String)>);

impl Argument for Texts {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        let named = object(field, value)?.into_iter();
        let texts = named.map(|(name, value)| Ok((name, String::of(field, value)?)));
        texts.collect::<Result<_, _>>().map(Self)
    }
}

/// A value that is a text in JSON: an identity, a status, a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<T>(pub(super) T);

impl<T: FromStr<Err: Display>> Argument for Text<T> {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        let parsed = String::of(field, value)?.parse().map(Self);
        parsed.map_err(|error| Mistake::unreadable(field, &error))
    }
}
