//! JSON texts.

use serde::Serialize;

/// The text of a JSON value, or of what holds nothing but such values under names: of these, none fails
/// to be written. `to_string` of a value would bring two more writers into what a page downloads.
pub fn text(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
