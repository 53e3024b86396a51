//! JSON schemas for values of the history, whose own crate knows nothing of schemas.

use runlog::log::{Level, Stream};
use runlog::model::{Kind, Status};
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
