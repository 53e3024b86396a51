//! JSON schemas for values of the history, whose own crate knows nothing of schemas.

use runlog::log::{Level, Stream};
use runlog::model::{Kind, Status};
use runlog::sync_history::{BackendState, Cause, Direction, OverallState, RunStatus, SyncType};
use schemars::{Schema, SchemaGenerator, json_schema};

pub(super) fn kind(_: &mut SchemaGenerator) -> Schema {
    one_of(Kind::ALL.iter().map(|kind| kind.as_str()))
}

pub(super) fn status(_: &mut SchemaGenerator) -> Schema {
    one_of(Status::ALL.iter().map(|status| status.as_str()))
}

pub(super) fn stream(_: &mut SchemaGenerator) -> Schema {
    one_of(Stream::ALL.iter().map(|stream| stream.as_str()))
}

pub(super) fn optional_stream(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(Stream::ALL.iter().map(|stream| stream.as_str()))
}

pub(super) fn optional_level(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(Level::ALL.iter().map(|level| level.as_str()))
}

pub(super) fn overall_state(_: &mut SchemaGenerator) -> Schema {
    one_of(OverallState::ALL.iter().map(|state| state.as_str()))
}

pub(super) fn backend_state(_: &mut SchemaGenerator) -> Schema {
    one_of(BackendState::ALL.iter().map(|state| state.as_str()))
}

pub(super) fn direction(_: &mut SchemaGenerator) -> Schema {
    one_of(Direction::ALL.iter().map(|direction| direction.as_str()))
}

pub(super) fn sync_type(_: &mut SchemaGenerator) -> Schema {
    one_of(SyncType::ALL.iter().map(|sync_type| sync_type.as_str()))
}

pub(super) fn cause(_: &mut SchemaGenerator) -> Schema {
    one_of(Cause::ALL.iter().map(|cause| cause.as_str()))
}

pub(super) fn run_status(_: &mut SchemaGenerator) -> Schema {
    one_of(RunStatus::ALL.iter().map(|status| status.as_str()))
}

pub(super) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

pub(super) fn optional_time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "format": "date-time" })
}

fn one_of(texts: impl Iterator<Item = &'static str>) -> Schema {
    let texts: Vec<_> = texts.collect();
    json_schema!({ "type": "string", "enum": texts })
}

fn one_of_or_null(texts: impl Iterator<Item = &'static str>) -> Schema {
    let texts: Vec<_> = texts.map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": texts })
}
