//! The vault's dialogue at a terminal, and Ctrl-C there.

use std::net::TcpListener;

use regex::Regex;

use crate::relay::{PASSPHRASE, Relay};
use crate::session::Session;

#[test]
fn a_new_vault_is_made_in_a_dialogue() {
    let session = Session::new();
    let mut terminal = session.terminal("exec runlog vault init", 100);
    terminal.shows("The vault's passphrase:");
    terminal.press(&format!("{PASSPHRASE}\n"));
    terminal.shows("The same again:");
    terminal.press(&format!("{PASSPHRASE}\n"));
    terminal.shows("24. ");
    let asked = Regex::new(r"Word (\d+): ").unwrap();
    let mut answer = |number: usize, right: bool| {
        let prompt = terminal.shows_match(&asked, number);
        let wanted = prompt[1].parse::<usize>().unwrap();
        let words = words(&terminal.seen());
        assert_eq!(words.len(), 24, "{}", terminal.seen());
        terminal.press(&format!("{}\n", if right { &words[wanted - 1] } else { "wrong" }));
    };
    // The first three are answered wrongly, so it asks again.
    (0..3).for_each(|number| answer(number, false));
    (3..6).for_each(|number| answer(number, true));
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("look again"), "{shown}");
    assert!(!shown.contains(PASSPHRASE), "{shown}");
    let phrase =
        session.stdout(&format!("RUNLOG_PASSPHRASE='{PASSPHRASE}' runlog vault export-phrase"));
    assert_eq!(words(&shown).join(" "), phrase.trim());
}

/// The numbered words, in their order.
fn words(shown: &str) -> Vec<String> {
    let numbered = Regex::new(r"(\d+)\. ([a-z]+)").unwrap();
    let mut words: Vec<(usize, String)> = numbered
        .captures_iter(shown)
        .map(|found| (found[1].parse().unwrap(), found[2].to_owned()))
        .collect();
    words.sort();
    words.into_iter().map(|(_, word)| word).collect()
}

#[test]
fn two_different_passphrases_make_no_vault() {
    let session = Session::new();
    let mut terminal = session.terminal("exec runlog vault init", 100);
    terminal.shows("The vault's passphrase:");
    terminal.press("one\n");
    terminal.shows("The same again:");
    terminal.press("another\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(7), "{shown}");
    assert!(shown.contains("the two passphrases differ"), "{shown}");
    assert_eq!(session.json("runlog vault status --json")["state"], "none");
}

#[test]
fn ctrl_c_on_a_terminal_leaves_a_closed_run_and_a_sound_history() {
    let mut relay = Relay::new();
    relay.first_device("a");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stop();
    let silent = TcpListener::bind(relay.url.strip_prefix("http://").unwrap()).unwrap();
    let line = relay.line("a", "exec runlog sync now");
    let mut terminal = relay.session.terminal(&line, 80);
    let taken = silent.accept().unwrap();
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    let runs = relay.json("a", "runlog sync history --json");
    assert_eq!(runs[0]["status"], "cancelled", "{runs}");
    assert!(runs[0]["completed_at"].is_string(), "{runs}");
    assert_eq!(
        relay.json("a", "runlog sync history --status running --json"),
        serde_json::json!([])
    );
    assert_eq!(relay.json("a", "runlog doctor --json")["healthy"], true);
    drop((taken, silent));
    relay.start_again();
    relay.stdout("a", "runlog sync now");
    assert_eq!(relay.json("a", "runlog list --json")[0]["is_synced"], true);
}
