//! Executions and what belongs to them, as typed values that cannot be invalid.
//!
//! Whatever comes from outside (a flag, a file, another device) is parsed into these types at the
//! edge, with an error that names the field. Code behind the edge does not check again.

mod cells;
mod execution;
mod fields;
mod status;

pub use cells::Visibility;
pub use execution::{Ending, Execution, Exit, NewExecution, Summary};
pub(crate) use fields::texts_from_json;
pub use fields::{Attributes, LIMITS, Limits, Params, Tag, WorkflowId};
pub use status::{Kind, Outcome, Status};

/// A value that the model does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct InvalidValue {
    /// The field, as it is named on every surface.
    pub field: &'static str,
    /// What is wrong with it and what is expected.
    pub reason: String,
}

impl InvalidValue {
    pub(crate) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into() }
    }
}

/// An enumeration with a stable text form: in the store, in JSON, on the command line.
macro_rules! text_enum {
    (
        $(#[$doc:meta])* $name:ident in $field:literal {
            $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text form.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::model::InvalidValue {
                        field: $field,
                        reason: format!(
                            "'{text}' is unknown; expected one of {}",
                            [$($text),+].join(", ")
                        ),
                    }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use text_enum;
