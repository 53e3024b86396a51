//! Arguments that several commands take.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use runlog::log::{Level, Stream};
use runlog::model::{InvalidValue, Kind, Params, Status, Tag};
use runlog::query::SyncFilter;
use runlog::sync_history::{Direction, RunStatus};

/// Reads `NAME=VALUE`; the value may be empty and may hold further equals signs.
pub(crate) fn param(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| "it has no '=': write NAME=VALUE".to_owned())?;
    Params::new().set(name, value).map_err(|error| error.reason)?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Reads a tag.
pub(crate) fn tag(text: &str) -> Result<Tag, String> {
    Tag::new(text).map_err(|error| error.reason)
}

/// Reads a kind, and shows all of them in the help.
pub(crate) fn kind() -> impl TypedValueParser<Value = Kind> {
    one_of(Kind::ALL.iter().map(|kind| kind.as_str()))
}

/// Reads a status.
pub(crate) fn status() -> impl TypedValueParser<Value = Status> {
    one_of(Status::ALL.iter().map(|status| status.as_str()))
}

/// Reads the name of a stream.
pub(crate) fn stream() -> impl TypedValueParser<Value = Stream> {
    one_of(Stream::ALL.iter().map(|stream| stream.as_str()))
}

/// Reads a level.
pub(crate) fn level() -> impl TypedValueParser<Value = Level> {
    one_of(Level::ALL.iter().map(|level| level.as_str()))
}

/// Reads how executions stand toward the backends.
pub(crate) fn sync_state() -> impl TypedValueParser<Value = SyncFilter> {
    one_of(SyncFilter::ALL.iter().map(|state| state.as_str()))
}

/// Reads the direction of a sync.
pub(crate) fn direction() -> impl TypedValueParser<Value = Direction> {
    one_of(Direction::ALL.iter().map(|direction| direction.as_str()))
}

/// Reads the status of a sync.
pub(crate) fn run_status() -> impl TypedValueParser<Value = RunStatus> {
    one_of(RunStatus::ALL.iter().map(|status| status.as_str()))
}

fn one_of<T>(names: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = InvalidValue> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}
