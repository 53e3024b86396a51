//! Listings: which executions, in which order, which part of them.

use crate::id::{DeviceId, ExecutionId};
use crate::model::{Kind, Status, text_enum};
use crate::time::Timestamp;

text_enum! {
    /// How an execution's row stands toward the backends that take part. Without any, none stands
    /// in any way.
    SyncFilter in "sync state" {
        /// Each of them has its newest change, and none has refused it.
        Synced = "synced",
        /// One of them at least has not answered for its newest change.
        Waiting = "waiting",
        /// One of them at least has refused its newest change.
        Rejected = "rejected",
    }
}

/// Which executions a listing shows: all conditions hold at once, an unset one always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Of this workflow.
    pub workflow_id: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// In this status.
    pub status: Option<Status>,
    /// Recorded on this device.
    pub device_id: Option<DeviceId>,
    /// Repeating this execution.
    pub retry_of: Option<ExecutionId>,
    /// With this tag.
    pub tag: Option<String>,
    /// With a param of this name and value.
    pub param: Option<(String, String)>,
    /// Left with this exit code.
    pub exit_code: Option<i32>,
    /// Begun at this time or later (recorded, where it has not begun).
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
    /// Took at least this long, in milliseconds.
    pub duration_ms_min: Option<u64>,
    /// Took at most this long, in milliseconds.
    pub duration_ms_max: Option<u64>,
    /// Whose row stands so toward the backends that take part.
    pub sync_state: Option<SyncFilter>,
    /// In the trash, instead of in the history.
    pub deleted: bool,
}

/// The order of a listing. Equal executions stand in the order in which this store got them; where
/// large keys come first, the one got last does too, so that one order is another one backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Begun last first; what has not begun counts by when it was recorded.
    #[default]
    NewestFirst,
    /// Begun first first.
    OldestFirst,
    /// Longest first; what has no duration stands last.
    LongestFirst,
    /// Shortest first; what has no duration stands first.
    ShortestFirst,
}

impl Order {
    /// Whether it sorts by duration rather than by time.
    pub const fn by_duration(self) -> bool {
        matches!(self, Self::LongestFirst | Self::ShortestFirst)
    }

    /// Whether large keys come first.
    pub const fn descending(self) -> bool {
        matches!(self, Self::NewestFirst | Self::LongestFirst)
    }

    const fn number(self) -> u8 {
        match self {
            Self::NewestFirst => 0,
            Self::OldestFirst => 1,
            Self::LongestFirst => 2,
            Self::ShortestFirst => 3,
        }
    }
}

/// Most executions on one page.
pub const PAGE_MAX: u32 = 1_000;

/// A listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListQuery {
    /// Which.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// At most this many; [`PAGE_MAX`] bounds it.
    pub limit: u32,
    /// Skip this many first.
    pub offset: u64,
    /// Begin behind the page that ended here. It must come from a listing of the same order.
    pub after: Option<Cursor>,
}

impl ListQuery {
    /// The newest `limit` executions.
    pub fn newest(limit: u32) -> Self {
        Self { filter: Filter::default(), order: Order::default(), limit, offset: 0, after: None }
    }

    /// How many rows a page may have: the limit, bounded.
    pub fn page_len(&self) -> usize {
        self.limit.min(PAGE_MAX) as usize
    }
}

/// Where a page ended. Its text form is opaque; it stays valid while executions are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    order: Order,
    /// The sort key of the last row: milliseconds.
    key: i64,
    /// The number that the store gave the last row.
    row: i64,
}

/// The text is no cursor, or one of another order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor of this listing: take 'next' of its previous page, unchanged")]
pub struct InvalidCursor;

impl Cursor {
    /// Behind the row with this sort key and number.
    pub const fn new(order: Order, key: i64, row: i64) -> Self {
        Self { order, key, row }
    }

    /// The sort key of the last row.
    pub const fn key(&self) -> i64 {
        self.key
    }

    /// The number of the last row.
    pub const fn row(&self) -> i64 {
        self.row
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`InvalidCursor`] where it is not one of a listing in this order.
    pub fn parse(text: &str, order: Order) -> Result<Self, InvalidCursor> {
        let digits = text.strip_prefix('c').ok_or(InvalidCursor)?;
        if digits.len() != 33 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidCursor);
        }
        let number = |text| u64::from_str_radix(text, 16).map_err(|_| InvalidCursor);
        if number(&digits[..1])? != u64::from(order.number()) {
            return Err(InvalidCursor);
        }
        let (key, row) = (number(&digits[1..17])? as i64, number(&digits[17..])? as i64);
        Ok(Self { order, key, row })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "c{:x}{:016x}{:016x}", self.order.number(), self.key, self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_in_their_own_order_only() {
        let cursor = Cursor::new(Order::LongestFirst, -1, 77);
        let text = cursor.to_string();
        assert_eq!(Cursor::parse(&text, Order::LongestFirst), Ok(cursor));
        for (text, order) in [(text.as_str(), Order::NewestFirst), ("", Order::NewestFirst)] {
            assert_eq!(Cursor::parse(text, order), Err(InvalidCursor));
        }
        assert!(Cursor::parse("cäöü", Order::NewestFirst).is_err());
    }
}
