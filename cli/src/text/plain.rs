//! Text from elsewhere, made fit to be shown in a line of our own.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with control characters written as escapes, so that a name or an argument can neither
/// break a line nor reach the terminal as a command.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_unsafe(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that turn the direction of the text around them.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A command line as it could be typed into a shell.
pub(crate) fn command_line(argv: &[String]) -> String {
    let words = argv.iter().map(|word| quoted(word)).collect::<Vec<_>>();
    plain(&words.join(" ")).into_owned()
}

/// A word in single quotes, where a shell would not take it as it is. (The usual crate for this
/// prefers double quotes, in which JSON and scripts become hard to read.)
fn quoted(word: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_alphanumeric() || "-_./:,+=@%^".contains(c);
    if !word.is_empty() && word.chars().all(is_bare) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

/// How many columns a text fills on a terminal.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text in at most `columns` columns, with an ellipsis where something was left out.
pub(crate) fn fitted(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut fitted = String::new();
    let mut left = columns.saturating_sub(1);
    for character in text.chars() {
        let width = character.width().unwrap_or_default();
        if width > left {
            break;
        }
        left -= width;
        fitted.push(character);
    }
    if columns > 0 {
        fitted.push('…');
    }
    Cow::Owned(fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_reaches_the_terminal_as_a_command() {
        assert_eq!(plain("make test"), "make test");
        assert_eq!(plain("a\nb\u{1b}[2Jc\u{202e}d"), "a\\nb\\u{1b}[2Jc\\u{202e}d");
    }

    #[test]
    fn command_lines_are_quoted_like_in_a_shell() {
        let argv = ["sh", "-c", "echo \"$HOME\""].map(str::to_owned);
        assert_eq!(command_line(&argv), "sh -c 'echo \"$HOME\"'");
        assert_eq!(command_line(&["it's".to_owned(), String::new()]), r"'it'\''s' ''");
    }

    #[test]
    fn fitted_texts_have_the_width_asked_for() {
        assert_eq!(fitted("make", 4), "make");
        assert_eq!(fitted("make test", 6), "make …");
        assert_eq!(fitted("日本語", 4), "日…");
        assert_eq!(fitted("ab", 0), "");
    }
}
