//! Identifiers: of executions, of devices, and the short form that people type.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// From a UUID of any version.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// From 16 bytes in network order.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// From a number; convenient in tests and examples.
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }

            /// From a byte slice, if it has 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }

            /// The 16 bytes in network order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The UUID itself.
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

uuid_newtype! {
    /// The identity of an execution: a UUIDv7 where Runlog made it, any UUID where it was imported.
    ExecutionId
}

uuid_newtype! {
    /// The identity of a device: it stands in every clock that the device issues.
    DeviceId
}

impl DeviceId {
    /// The device of the zero clock; no real device has it.
    pub const NIL: Self = Self(Uuid::nil());
}

/// Length of [`ExecutionId::short`], in hexadecimal digits.
pub const SHORT_ID_LEN: usize = 8;

impl ExecutionId {
    /// A UUIDv7 of the given time, with 10 random bytes from the caller.
    pub fn v7(time_ms: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(time_ms, random).into_uuid())
    }

    /// The last eight digits. UUIDv7 identifiers of the same minute share their first eight digits,
    /// so a prefix tells nothing; the tail is random.
    pub fn short(&self) -> String {
        let digits = self.0.as_simple().to_string();
        digits[digits.len() - SHORT_ID_LEN..].to_owned()
    }
}

/// What a person typed to name an execution: all of its id, the beginning, or the short id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdPattern {
    digits: String,
}

/// The text names no execution id, whatever the store holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not an execution id: use 4 to 32 hexadecimal digits, hyphens allowed")]
pub struct InvalidIdPattern {
    text: String,
}

/// Fewest digits accepted in an [`IdPattern`].
pub const ID_PATTERN_DIGITS_MIN: usize = 4;

impl FromStr for IdPattern {
    type Err = InvalidIdPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String =
            text.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        let valid = (ID_PATTERN_DIGITS_MIN..=32).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if valid { Ok(Self { digits }) } else { Err(InvalidIdPattern { text: text.to_owned() }) }
    }
}

impl IdPattern {
    /// The whole id, where the pattern is one.
    pub fn full(&self) -> Option<ExecutionId> {
        (self.digits.len() == 32).then(|| self.digits.parse().ok()).flatten()
    }

    /// The smallest and largest id that begin with the digits.
    pub fn prefix_range(&self) -> (ExecutionId, ExecutionId) {
        let bound = |filler: char| {
            let mut digits = self.digits.clone();
            digits.extend(std::iter::repeat_n(filler, 32 - digits.len()));
            ExecutionId::from_u128(u128::from_str_radix(&digits, 16).unwrap_or_default())
        };
        (bound('0'), bound('f'))
    }

    /// The pattern as the last four bytes of an id, where it has the length of a short id.
    pub fn tail(&self) -> Option<u32> {
        (self.digits.len() == SHORT_ID_LEN)
            .then(|| u32::from_str_radix(&self.digits, 16).ok())
            .flatten()
    }

    /// Whether the id begins or ends with the digits.
    pub fn matches(&self, id: &ExecutionId) -> bool {
        let (low, high) = self.prefix_range();
        (low..=high).contains(id) || self.tail() == Some(id.tail())
    }
}

impl ExecutionId {
    /// The last four bytes as a number: what the short id shows, and what a store indexes.
    pub fn tail(&self) -> u32 {
        let bytes = self.as_bytes();
        u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
    }
}

impl fmt::Display for IdPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_of_one_minute_differ() {
        let first = ExecutionId::v7(1_700_000_000_000, &[1; 10]);
        let second = ExecutionId::v7(1_700_000_000_000, &[2; 10]);
        assert_eq!(first.to_string()[..8], second.to_string()[..8]);
        assert_ne!(first.short(), second.short());
    }

    #[test]
    fn a_pattern_matches_whole_prefix_and_tail() {
        let id = ExecutionId::v7(1_700_000_000_000, &[7; 10]);
        let text = id.to_string();
        for pattern in [text.clone(), text[..10].to_owned(), id.short(), text.to_uppercase()] {
            let pattern: IdPattern = pattern.parse().unwrap();
            assert!(pattern.matches(&id), "{pattern}");
        }
        assert!(!"ffff".parse::<IdPattern>().unwrap().matches(&id));
    }

    #[test]
    fn a_bad_pattern_says_what_is_expected() {
        for text in ["", "abc", "xyzw", "0123456789abcdef0123456789abcdef0"] {
            assert!(text.parse::<IdPattern>().unwrap_err().to_string().contains("4 to 32"));
        }
    }
}
