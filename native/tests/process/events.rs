//! Structured events are taken out of what is shown; all else stays.

use runlog::process::{EVENT_BYTES_MAX, Stream};

use crate::stage::{play, script};

#[test]
fn an_event_is_reported_and_not_shown() {
    let played = play(&script(r#"echo a >&2; echo '@runlog {"n": 1}' >&2; echo b >&2"#));
    assert_eq!(played.reported.events, [r#"{"n": 1}"#]);
    assert_eq!(played.stderr, b"a\nb\n");
    assert_eq!(played.reported.text(Stream::Stderr), ["a", "b"]);
}

#[test]
fn the_prefix_means_nothing_on_stdout() {
    let played = play(&script(r#"echo '@runlog {"n": 1}'"#));
    assert_eq!(played.stdout, b"@runlog {\"n\": 1}\n");
    assert!(played.reported.events.is_empty());
}

#[test]
fn what_is_no_object_behind_the_prefix_is_an_ordinary_line() {
    let lines = [
        "@runlog 7",
        "@runlog {\"n\":",
        "@runlog {} and more",
        "@runlog",
        "@runlog ",
        "@run",
        " @runlog {}",
        "x@runlog {}",
        "@runlog {\"far\": 1e999}",
        "@runlog [{}]",
    ];
    let text: String = lines.iter().map(|line| format!("echo '{line}' >&2\n")).collect();
    let played = play(&script(&text));
    assert_eq!(played.reported.text(Stream::Stderr), lines);
    assert_eq!(String::from_utf8_lossy(&played.stderr), lines.join("\n") + "\n");
    assert!(played.reported.events.is_empty());
}

#[test]
fn an_event_may_come_byte_by_byte_and_without_a_newline() {
    // Each `printf` is a write of its own, and the lines between them stay whole.
    let mut text = String::new();
    for byte in "@runlog {\"a\":[1]}\n@runner\n@runlog {\"b\":2}".chars() {
        let byte = if byte == '\n' { "\\n".to_owned() } else { byte.to_string() };
        text.push_str(&format!("printf '{byte}' >&2\n"));
    }
    let played = play(&script(&text));
    assert_eq!(played.reported.events, ["{\"a\":[1]}", "{\"b\":2}"]);
    assert_eq!(played.stderr, b"@runner\n");
}

#[test]
fn an_event_in_the_middle_of_a_line_is_text() {
    let played = play(&script(r#"printf 'progress ' >&2; echo '@runlog {"n":1}' >&2"#));
    assert_eq!(played.stderr, b"progress @runlog {\"n\":1}\n");
    assert!(played.reported.events.is_empty());
}

#[test]
fn an_event_of_the_greatest_size_is_one_and_a_larger_one_is_a_line() {
    let of_bytes = |bytes: usize| {
        let zeros = bytes - "{\"text\":\"\"}".len();
        format!("printf '@runlog {{\"text\":\"%0{zeros}d\"}}\\n' 0 >&2")
    };
    let played = play(&script(&of_bytes(EVENT_BYTES_MAX)));
    assert_eq!(played.reported.events.len(), 1);
    assert_eq!(played.reported.events[0].len(), EVENT_BYTES_MAX);
    assert!(played.stderr.is_empty());

    for bytes in [EVENT_BYTES_MAX + 1, EVENT_BYTES_MAX * 3] {
        let played = play(&script(&of_bytes(bytes)));
        assert!(played.reported.events.is_empty());
        assert_eq!(played.stderr.len(), "@runlog ".len() + bytes + 1);
        assert_eq!(played.reported.text(Stream::Stderr)[0].len(), "@runlog ".len() + bytes);
    }
}

#[test]
fn many_events_between_many_lines_keep_their_order() {
    let text = r#"for i in $(seq 1 2000); do echo "line $i"; echo "@runlog {\"i\":$i}"; done >&2"#;
    let played = play(&script(text));
    let lines: Vec<_> = (1..=2000).map(|i| format!("line {i}")).collect();
    let events: Vec<_> = (1..=2000).map(|i| format!("{{\"i\":{i}}}")).collect();
    assert_eq!(played.reported.text(Stream::Stderr), lines);
    assert_eq!(played.reported.events, events);
    assert_eq!(String::from_utf8_lossy(&played.stderr), lines.join("\n") + "\n");
}
