//! Vaults, relays, syncing: what the commands say, and with which code they leave.

use crate::relay::{PASSPHRASE, Relay};
use crate::session::{Session, until};

#[test]
fn two_devices_and_a_relay() {
    let relay = Relay::new();
    relay.first_device("a");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stdout("a", "runlog sync now");
    relay.second_device("a", "b");
    insta::assert_snapshot!(relay.see("b", "runlog sync now | sed 's/(.*)/(sizes)/'"), @"");
    insta::assert_snapshot!(relay.see("b", "runlog list"), @"");

    let id = relay.json("a", "runlog list --json")[0]["id"].as_str().unwrap().to_owned();
    relay.stdout("a", &format!("runlog note {id} 'from a'"));
    relay.stdout("b", &format!("runlog pin {id}"));
    for device in ["b", "a", "b"] {
        let runs = relay.json(device, "runlog sync now --json");
        assert_eq!(runs[0]["status"], "completed", "{runs}");
    }
    for device in ["a", "b"] {
        let shown = relay.json(device, &format!("runlog show --json {id}"));
        assert_eq!((&shown["note"], &shown["pinned"]), (&"from a".into(), &true.into()));
    }
    assert_eq!(relay.stdout("b", &format!("runlog logs {id}")), "hello\n");
    let devices = relay.json("a", "runlog device list --json");
    assert_eq!(devices.as_array().unwrap().len(), 2, "{devices}");
    assert_eq!(devices.as_array().unwrap().iter().filter(|it| it["is_this"] == true).count(), 1);
    let seen = relay.see("a", "runlog device list");
    assert!(seen.contains("(this)") && seen.contains("writer"), "{seen}");
    let verified = relay.json("a", "runlog sync verify --json");
    assert_eq!(verified[0]["status"], "completed", "{verified}");
}

#[test]
fn a_vault_says_how_it_stands() {
    let relay = Relay::new();
    insta::assert_snapshot!(relay.see("a", "runlog vault status"), @"");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"");
    insta::assert_snapshot!(relay.see("a", "runlog vault init"), @"");
    let made = relay.json("a", "runlog vault init --yes --json");
    insta::assert_snapshot!(relay.see("a", "runlog vault status"), @"");
    insta::assert_snapshot!(relay.see("a", "runlog vault init --yes"), @"");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"");
    let phrase = made["phrase"].as_str().unwrap();
    assert_eq!(relay.stdout("a", "runlog vault export-phrase").trim(), phrase);
    let wrong = "RUNLOG_PASSPHRASE=wrong runlog vault export-phrase";
    insta::assert_snapshot!(relay.see("a", wrong), @"");
    let none = "RUNLOG_PASSPHRASE= runlog sync now";
    insta::assert_snapshot!(relay.see("a", none), @"");

    let join =
        |words: &str| relay.see("b", &format!("echo {words} | runlog vault join --phrase-file -"));
    insta::assert_snapshot!(join("abandon ability"), @"");
    insta::assert_snapshot!(join(&phrase.replacen(' ', " xyzzy ", 1)[..]), @"");
    let swapped: Vec<&str> = phrase.split(' ').rev().collect();
    let refused = join(&swapped.join(" "));
    assert!(refused.contains("do not belong together"), "{refused}");
    insta::assert_snapshot!(relay.see("b", "runlog vault status --json"), @"");
    insta::assert_snapshot!(join(phrase), @"");
    insta::assert_snapshot!(relay.see("c", "runlog vault init --keep file --yes > /dev/null"), @"");
    insta::assert_snapshot!(
        relay.see("c", &format!("echo {phrase} | runlog vault join --keep file --phrase-file -")), @"");
}

#[test]
fn a_relay_that_is_gone_is_told_and_nothing_is_lost() {
    let mut relay = Relay::new();
    relay.first_device("a");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stop();
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"");
    let output = relay.shell("a", "runlog sync now --json").output().unwrap();
    let runs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&runs[0]["status"], &runs[0]["error_code"]),
        (&"failed".into(), &"unreachable".into())
    );
    assert_eq!(output.status.code(), Some(5));
    relay.start_again();
    relay.stdout("a", "runlog sync now");
    let listed = relay.json("a", "runlog backend list --json");
    assert_eq!(listed[0]["waiting"], false, "{listed}");
}

#[test]
fn a_full_vault_is_told() {
    let relay = Relay::with("--quota-bytes 2000");
    relay.first_device("a");
    for _ in 0..8 {
        relay.stdout("a", "runlog run -- seq 400");
    }
    let seen = relay.see("a", "runlog sync now");
    assert!(seen.contains("the vault is full on the relay"), "{seen}");
    assert!(seen.contains("[exit 6]"), "{seen}");
}

#[test]
fn backends_are_added_switched_and_removed() {
    let relay = Relay::new();
    insta::assert_snapshot!(relay.see("a", "runlog backend list"), @"");
    relay.stdout("a", "runlog vault init --yes");
    insta::assert_snapshot!(relay.see("a", "runlog backend add http://relay.example"), @"");
    insta::assert_snapshot!(relay.see("a", &format!("runlog backend add {}", relay.url)), @"");
    let wrong = format!("RUNLOG_ACCOUNT_TOKEN=rlsetup_wrong runlog backend add {}", relay.url);
    insta::assert_snapshot!(relay.see("a", &wrong), @"");
    relay.first_device("b");
    insta::assert_snapshot!(relay.see("b", "runlog backend disable 127.0.0.1; runlog backend list"), @"");
    insta::assert_snapshot!(relay.see("b", "runlog sync now"), @"");
    relay.stdout("b", "runlog backend enable 127.0.0.1");
    insta::assert_snapshot!(relay.see("b", "runlog sync off; runlog sync now"), @"");
    relay.stdout("b", "runlog sync on && runlog sync now");
    insta::assert_snapshot!(relay.see("b", "runlog backend remove 127.0.0.1; runlog backend remove x"), @"");
}

#[test]
fn only_one_process_syncs() {
    let relay = Relay::new();
    relay.first_device("a");
    let lock = relay.session.directory().join("a/history.db.sync-lock");
    let lock = std::fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    let seen = relay.see("a", "runlog sync now");
    insta::assert_snapshot!(seen, @"");
    drop(lock);
    relay.stdout("a", "runlog sync now");
}

/// A relay that takes a request and never answers.
#[test]
fn ctrl_c_ends_a_sync_that_waits() {
    let mut relay = Relay::new();
    relay.first_device("a");
    relay.stop();
    let address = relay.url.strip_prefix("http://").unwrap();
    let silent = std::net::TcpListener::bind(address).unwrap();
    let mut child = relay.shell("a", "exec runlog sync now").spawn().unwrap();
    let _taken = silent.accept().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn watching_brings_what_others_record() {
    let relay = Relay::new();
    relay.first_device("a");
    relay.second_device("a", "b");
    let mut watch = relay.background("b", "runlog sync watch --json");
    let first = watch.lines().next().unwrap().unwrap();
    assert!(first.contains("completed"), "{first}");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stdout("a", "runlog sync now");
    until("the other device has it", || {
        let listed = relay.json("b", "runlog list --json");
        listed.as_array().is_some_and(|it| it.len() == 1).then_some(())
    });
}

#[test]
fn a_backup_is_restored_as_another_device() {
    let session = Session::new();
    session.stdout("runlog run -- echo first");
    let device = session.json("runlog doctor --json")["device_id"].clone();
    insta::assert_snapshot!(session.see("runlog backup copy.db"), @"");
    insta::assert_snapshot!(session.see("runlog backup copy.db"), @"");
    session.stdout("runlog run -- echo second");
    let seen = session.see("runlog restore-backup copy.db");
    assert!(seen.contains("! restored the history of [time]"), "{seen}");
    assert!(seen.contains("! what was here is in [dir]/history/history.db.before-restore-"));
    assert_eq!(session.json("runlog list --json").as_array().unwrap().len(), 1);
    assert_ne!(session.json("runlog doctor --json")["device_id"], device);
    insta::assert_snapshot!(session.see("runlog restore-backup nothing.db"), @"");
    insta::assert_snapshot!(session.see("echo text > text.db; runlog restore-backup text.db"), @"");
}

/// Neither what is printed nor what is logged nor the arguments of a process hold a secret.
#[test]
fn secrets_show_nowhere() {
    let relay = Relay::new();
    let made = relay.first_device("a");
    let phrase = made["phrase"].as_str().unwrap().to_owned();
    let tokens = std::fs::read_to_string(relay.session.directory().join("a/history.db.tokens"));
    let tokens = tokens.unwrap();
    let token = tokens.split('"').find(|part| part.starts_with("rldevice")).unwrap();
    let pair: Vec<&str> = phrase.split(' ').collect();
    let pairs: Vec<String> = pair.windows(2).map(|pair| pair.join(" ")).collect();
    relay.stdout("a", "runlog run -- echo hello");
    for line in [
        "runlog -vvv sync now",
        "runlog -vvv sync verify --json",
        "runlog -vvv vault status",
        "runlog -vvv device list",
        "runlog -vvv backend list --json",
        "runlog -vvv sync now --backend nothing",
    ] {
        let output = relay.shell("a", line).output().unwrap();
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&shown);
        assert!(!shown.is_empty(), "{line}");
        let holds = |text: &str| shown.contains(text);
        assert!(!holds(token) && !holds(PASSPHRASE), "{line}: {shown}");
        assert!(!pairs.iter().any(|pair| holds(pair)), "{line}: {shown}");
    }
    // No option takes a secret itself.
    for command in ["vault init", "vault join", "backend add", "device pair", "sync now"] {
        let help = relay.stdout("a", &format!("runlog {command} --help"));
        assert!(!help.contains("--passphrase <"), "{help}");
        assert!(!help.contains("--token") && !help.contains("--phrase <"), "{help}");
    }
}
