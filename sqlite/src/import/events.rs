//! Log rows of seed 1 as log lines.

use runlog_core::json;
use runlog_core::log::{Level, LineRef, Lines, Stream};
use runlog_core::time::Timestamp;
use serde_json::{Map, Value as Json};

/// Largest event in bytes of JSON; a larger one is text.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// Members in which raw output has its text.
const TEXT_MEMBERS: [&str; 6] = ["line", "text", "output", "message", "content", "data"];

/// Appends what a log row holds: raw output as lines, anything else that is a JSON object as an
/// event, with its `type` in the form that events have here. What is no such JSON is kept as text.
pub(super) fn push(lines: &mut Lines, log_type: &str, data: &str, time: Timestamp) {
    let parsed = match serde_json::from_str(data) {
        Ok(Json::Object(members)) => members,
        Ok(Json::String(text)) => return push_text(lines, Stream::Stdout, &text, time),
        _ => return push_text(lines, Stream::Stdout, data, time),
    };
    let members = untagged(parsed, log_type);
    let kind = snake_case(log_type);
    if kind == "raw_output" {
        let text = TEXT_MEMBERS.iter().find_map(|name| members.get(*name)?.as_str());
        if let Some(text) = text.or_else(|| members.get("value")?.as_str()) {
            let is_stderr = members
                .get("stream")
                .and_then(Json::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case("stderr"));
            let stream = if is_stderr { Stream::Stderr } else { Stream::Stdout };
            return push_text(lines, stream, text, time);
        }
    }
    let level = level_of(&members, &kind);
    let event = json::text(&Json::Object(typed(members, &kind)));
    if event.len() > EVENT_BYTES_MAX {
        return push_text(lines, Stream::Stdout, data, time);
    }
    let (stream, bytes) = (Stream::Event, event.as_bytes());
    lines.push(LineRef { time, stream, level, continued: false, bytes });
}

fn push_text(lines: &mut Lines, stream: Stream, text: &str, time: Timestamp) {
    let text = text.strip_suffix('\n').unwrap_or(text);
    for line in text.split('\n') {
        let bytes = line.strip_suffix('\r').unwrap_or(line).as_bytes();
        lines.push(LineRef { time, stream, level: None, continued: false, bytes });
    }
}

/// The members of a variant that stands behind its name: `{"TaskFailed": {"task": 1}}`.
fn untagged(mut members: Map<String, Json>, log_type: &str) -> Map<String, Json> {
    if members.len() != 1 {
        return members;
    }
    match members.remove_entry(log_type) {
        None => members,
        Some((_, Json::Object(inner))) => inner,
        Some((_, Json::Null)) => Map::new(),
        Some((_, value)) => Map::from_iter([("value".to_owned(), value)]),
    }
}

/// With the type as events have it here; another one that was there is kept.
fn typed(mut members: Map<String, Json>, kind: &str) -> Map<String, Json> {
    let before = members.insert("type".to_owned(), kind.into());
    if let Some(before) =
        before.filter(|before| before.as_str().map(snake_case) != Some(kind.into()))
    {
        members.insert("imported_type".to_owned(), before);
    }
    members
}

fn level_of(members: &Map<String, Json>, kind: &str) -> Option<Level> {
    let named = members.get("level").and_then(Json::as_str);
    named
        .and_then(|level| level.to_ascii_lowercase().parse().ok())
        .or_else(|| (kind == "task_failed").then_some(Level::Error))
}

/// `TaskFailed` as `task_failed`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if c.is_uppercase() && after_small {
            snake.push('_');
        }
        after_small = c.is_lowercase() || c.is_numeric();
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(log_type: &str, data: &str) -> Vec<(Stream, Option<Level>, String)> {
        let mut lines = Lines::new();
        push(&mut lines, log_type, data, Timestamp::from_millis(1));
        let text = |line: LineRef<'_>| String::from_utf8_lossy(line.bytes).into_owned();
        lines.iter().map(|line| (line.stream, line.level, text(line))).collect()
    }

    #[test]
    fn structured_rows_become_events() {
        let cases = [
            (
                "PhaseStarted",
                r#"{"PhaseStarted":{"phase":1}}"#,
                r#"{"phase":1,"type":"phase_started"}"#,
            ),
            ("TaskProgress", r#"{"task":2}"#, r#"{"task":2,"type":"task_progress"}"#),
            ("Note", r#"{"type":"Note","a":1}"#, r#"{"a":1,"type":"note"}"#),
            ("Note", r#"{"type":"x"}"#, r#"{"imported_type":"x","type":"note"}"#),
            ("Tick", r#"{"Tick":null}"#, r#"{"type":"tick"}"#),
            ("RawOutput", r#"{"RawOutput":{"n":1}}"#, r#"{"n":1,"type":"raw_output"}"#),
        ];
        for (log_type, data, event) in cases {
            assert_eq!(lines_of(log_type, data), [(Stream::Event, None, event.to_owned())]);
        }
        let failed = lines_of("TaskFailed", "{}");
        assert_eq!(failed[0].1, Some(Level::Error));
    }

    #[test]
    fn raw_output_and_broken_json_become_lines() {
        let one = |stream, text: &str| (stream, None, text.to_owned());
        let raw = r#"{"RawOutput":{"stream":"stderr","line":"a\r\nb\n"}}"#;
        let stderr = [one(Stream::Stderr, "a"), one(Stream::Stderr, "b")];
        assert_eq!(lines_of("RawOutput", raw), stderr);
        assert_eq!(lines_of("RawOutput", r#"{"RawOutput":"x"}"#), [one(Stream::Stdout, "x")]);
        assert_eq!(lines_of("RawOutput", r#""x""#), [one(Stream::Stdout, "x")]);
        for broken in ["{\"PhaseStarted\":", "[1]", "plain", ""] {
            assert_eq!(lines_of("PhaseStarted", broken), [one(Stream::Stdout, broken)]);
        }
    }
}
