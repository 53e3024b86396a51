//! Which columns of an execution may hold secrets, and how each is masked.

use std::borrow::Cow;

use super::HistoryError;
use crate::clock::ColumnId;
use crate::json;
use crate::mask::Masker;
use crate::model::{InvalidValue, LIMITS, texts_from_json};
use crate::schema::executions as column;
use crate::value::Value;

/// Cells of an execution with their secrets masked.
///
/// # Errors
/// [`HistoryError::Invalid`] where a text is beyond its limit because masks are longer than what
/// they replace.
pub(super) fn masked_cells(
    masker: &Masker,
    cells: Vec<(ColumnId, Value)>,
) -> Result<Vec<(ColumnId, Value)>, HistoryError> {
    let masked = |(id, value)| Ok((id, masked_cell(masker, id, value)?));
    cells.into_iter().map(masked).collect()
}

/// One cell with its secrets masked.
///
/// # Errors
/// As [`masked_cells`].
pub(super) fn masked_cell(
    masker: &Masker,
    id: ColumnId,
    value: Value,
) -> Result<Value, HistoryError> {
    let Value::Text(text) = &value else { return Ok(value) };
    let (masked, field, limit) = match id {
        column::ARGV => (argv(masker, text), "argv", LIMITS.argv),
        column::PARAMS => (masker.json(text), "params", LIMITS.params),
        column::ATTRIBUTES => (masker.json(text), "attributes", LIMITS.attributes),
        column::COMPILED_PROMPT => (masker.text(text), "compiled_prompt", LIMITS.compiled_prompt),
        column::NOTE => (masker.text(text), "note", LIMITS.note),
        column::WORKFLOW_NAME => (masker.text(text), "workflow_name", LIMITS.short_text),
        _ => return Ok(value),
    };
    let Cow::Owned(masked) = masked else { return Ok(value) };
    // Of params the limit counts names and values, not the quotes around them.
    if masked.len() > limit.max(text.len()) {
        let length = masked.len();
        let reason = format!("{length} bytes long once it is masked, at most {limit} are kept");
        return Err(InvalidValue::new(field, reason).into());
    }
    Ok(Value::from(masked))
}

/// The stored form: a JSON array of texts.
fn argv<'a>(masker: &Masker, json: &'a str) -> Cow<'a, str> {
    let Ok(words) = texts_from_json(json) else { return Cow::Borrowed(json) };
    match masker.argv(&words) {
        Cow::Owned(masked) => Cow::Owned(json::text(&serde_json::Value::from(masked))),
        Cow::Borrowed(_) => Cow::Borrowed(json),
    }
}
