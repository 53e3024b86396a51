//! Vaults, relays, syncing: what the commands say, and with which code they leave.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::relay::{PASSPHRASE, Relay};
use crate::session::{Background, Session, until};

#[test]
fn two_devices_and_a_relay() {
    let relay = Relay::new();
    relay.first_device("a");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"! 127.0.0.1: completed, nothing new ([size] up, [size] down)");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stdout("a", "runlog sync now");
    relay.second_device("a", "b");
    insta::assert_snapshot!(relay.see("b", "runlog sync now | sed 's/(.*)/(sizes)/'"), @"! 127.0.0.1: completed, 2 created ([size] up, [size] down)");
    insta::assert_snapshot!(relay.see("b", "runlog list"), @"
    ID        STATUS     STARTED    TOOK  EXIT  COMMAND
    id-00001  completed  just now  [took]     0  echo hello
    ");

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
    insta::assert_snapshot!(relay.see("a", "runlog vault status"), @"This history belongs to no vault: it stays on this device.");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"
    ! error: this history belongs to no vault
    ! hint: `runlog vault init` makes a vault, `runlog vault join` joins that of another device
    [exit 7]
    ");
    insta::assert_snapshot!(relay.see("a", "runlog vault init"), @"
    ! error: nobody is at the terminal to see the recovery phrase
    ! hint: --yes prints it to standard output without checking that it was written down
    [exit 2]
    ");
    let made = relay.json("a", "runlog vault init --yes --json");
    insta::assert_snapshot!(relay.see("a", "runlog vault status"), @"
    Vault   home ([vault])
    State   locked
    Secret  wrapped by a passphrase
    File    [dir]/a/history.db.vault
    ");
    insta::assert_snapshot!(relay.see("a", "runlog vault init --yes"), @"
    ! error: this history belongs to a vault already
    ! hint: `runlog vault status` shows it
    [exit 7]
    ");
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"
    ! error: there is no backend to sync with
    ! hint: `runlog backend add https://relay.example` adds a relay
    [exit 5]
    ");
    let phrase = made["phrase"].as_str().unwrap();
    assert_eq!(relay.stdout("a", "runlog vault export-phrase").trim(), phrase);
    let wrong = "RUNLOG_PASSPHRASE=wrong runlog vault export-phrase";
    insta::assert_snapshot!(relay.see("a", wrong), @"
    ! error: wrong passphrase
    [exit 7]
    ");
    let none = "RUNLOG_PASSPHRASE= runlog sync now";
    insta::assert_snapshot!(relay.see("a", none), @"
    ! error: the vault's passphrase is needed
    ! hint: name a file with --passphrase-file (- is standard input), or set RUNLOG_PASSPHRASE
    [exit 7]
    ");

    let join =
        |words: &str| relay.see("b", &format!("echo {words} | runlog vault join --phrase-file -"));
    insta::assert_snapshot!(join("abandon ability"), @"
    ! error: 24 words are needed, there are 2
    [exit 7]
    ");
    let mut words: Vec<&str> = phrase.split(' ').collect();
    words[6] = "xyzzy";
    insta::assert_snapshot!(join(&words.join(" ")), @"
    ! error: word 7 is not in the word list: look for a typing error
    [exit 7]
    ");
    insta::assert_snapshot!(relay.see("b", "runlog vault status --json"), @r#"{"kept_in":null,"name":null,"path":null,"state":"none","vault":null}"#);
    insta::assert_snapshot!(join(phrase), @"
    ! this history belongs to the vault 'home' now
    ! hint: `runlog backend add https://relay.example` names a relay to sync through
    ");
    insta::assert_snapshot!(relay.see("c", "runlog vault init --keep file --yes > /dev/null"), @"
    ! warning: THE SECRET WILL LIE UNPROTECTED IN A FILE: whoever reads that file, or a backup of it, reads the history of every device of the vault
    ! this history belongs to the new vault 'home' now
    ! hint: `runlog backend add https://relay.example` names a relay to sync through
    ");
    insta::assert_snapshot!(
        relay.see("c", &format!("echo {phrase} | runlog vault join --keep file --phrase-file -")), @"
    ! warning: THE SECRET WILL LIE UNPROTECTED IN A FILE: whoever reads that file, or a backup of it, reads the history of every device of the vault
    ! error: this history belongs to another vault: nothing was written
    ! hint: another history has room for another vault: see --home
    [exit 7]
    ");
}

#[test]
fn a_relay_that_is_gone_is_told_and_nothing_is_lost() {
    let mut relay = Relay::new();
    relay.first_device("a");
    relay.stdout("a", "runlog run -- echo hello");
    relay.stop();
    insta::assert_snapshot!(relay.see("a", "runlog sync now"), @"
    ! 127.0.0.1: failed ([size] up, [size] down)
    ! warning: 127.0.0.1: http://127.0.0.1:[port] cannot be reached: nothing listens there
    ! hint: nothing is lost: what waits is sent at the next sync
    [exit 5]
    ");
    let output = relay.shell("a", "runlog sync now --json").output().unwrap();
    let runs: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&runs[0]["status"], &runs[0]["error_details"]["code"]),
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
    insta::assert_snapshot!(relay.see("a", "runlog backend list"), @"
    ! there is no backend: nothing is synced
    ! hint: `runlog backend add https://relay.example` adds a relay
    ");
    relay.stdout("a", "runlog vault init --yes");
    insta::assert_snapshot!(relay.see("a", "runlog backend add http://relay.example"), @"
    ! error: invalid value 'http://relay.example' for '<URL>': http:// would carry this device's token over the network for all to read: use https://, or http+insecure:// where the network itself is encrypted
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(relay.see("a", &format!("runlog backend add {}", relay.url)), @"
    ! error: http://127.0.0.1:[port] does not know this vault yet: an account there has to make room for it
    ! hint: give the account's token, or the code that a new relay shows, by RUNLOG_ACCOUNT_TOKEN or --account-file
    [exit 5]
    ");
    let wrong = format!("RUNLOG_ACCOUNT_TOKEN=rlsetup_wrong runlog backend add {}", relay.url);
    insta::assert_snapshot!(relay.see("a", &wrong), @"
    ! error: http://127.0.0.1:[port] refused: the credentials are missing, wrong or revoked
    [exit 5]
    ");
    relay.first_device("b");
    insta::assert_snapshot!(relay.see("b", "runlog backend disable 127.0.0.1; runlog backend list"), @"
    NAME       STATE  WAITING  HEARD FROM  URL
    127.0.0.1  off    -        never       http://127.0.0.1:[port]
    ! the backend '127.0.0.1' is switched off
    ");
    insta::assert_snapshot!(relay.see("b", "runlog sync now"), @"
    ! error: there is no backend to sync with
    ! hint: `runlog backend add https://relay.example` adds a relay
    [exit 5]
    ");
    relay.stdout("b", "runlog backend enable 127.0.0.1");
    insta::assert_snapshot!(relay.see("b", "runlog sync off; runlog sync now"), @"
    ! syncing is switched off
    ! error: syncing is switched off
    ! hint: `runlog sync on` switches it on
    [exit 5]
    ");
    relay.stdout("b", "runlog sync on && runlog sync now");
    insta::assert_snapshot!(relay.see("b", "runlog backend remove 127.0.0.1; runlog backend remove x"), @"
    ! removed the backend '127.0.0.1'
    ! error: there is no backend 'x'
    ! hint: `runlog backend list` prints their names
    [exit 5]
    ");
}

#[test]
fn only_one_process_syncs() {
    let relay = Relay::new();
    relay.first_device("a");
    let lock = relay.session.directory().join("a/history.db.sync-lock");
    let lock = std::fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    let seen = relay.see("a", "runlog sync now");
    insta::assert_snapshot!(seen, @"
    ! error: another process is syncing this history ([dir]/a/history.db.sync-lock is locked)
    ! hint: wait for it, or end it: `runlog sync watch` is one
    [exit 5]
    ");
    drop(lock);
    relay.stdout("a", "runlog sync now");
}

/// The second waits for the first, and speaks to the relay only when that has ended.
#[test]
fn of_two_processes_one_waits_for_the_other() {
    let mut relay = Relay::new();
    relay.first_device("a");
    relay.stop();
    let silent = std::net::TcpListener::bind(relay.url.strip_prefix("http://").unwrap()).unwrap();
    let first = relay.background("a", "runlog sync now");
    let (taken, _) = silent.accept().unwrap();
    let mut second = relay.shell("a", "exec runlog -v sync now");
    let mut second = Background(second.stderr(Stdio::piped()).spawn().unwrap());
    let told = BufReader::new(second.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut told = told.skip_while(|line| !line.contains("another process is syncing"));
    assert!(told.next().is_some(), "the second says that it waits");
    silent.set_nonblocking(true).unwrap();
    let early = silent.accept();
    assert!(early.is_err(), "two on one lane: {early:?}");
    drop((taken, silent));
    assert_eq!(first.end(), Some(5));
    let last = "hint: nothing is lost: what waits is sent at the next sync";
    assert_eq!(told.last().as_deref(), Some(last), "it has asked the relay, too");
    assert_eq!(second.end(), Some(5));
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
    let told = session.see("runlog backup copy.db");
    let bytes = session.directory().join("copy.db").metadata().unwrap().len();
    assert_eq!(told.trim_end(), format!("! backed up to copy.db ({bytes} bytes)"));
    insta::assert_snapshot!(session.see("runlog backup copy.db"), @"
    ! error: cannot make the backup copy.db: entity already exists
    ! hint: name another directory with --home or RUNLOG_HOME
    [exit 4]
    ");
    session.stdout("runlog run -- echo second");
    let seen = session.see("runlog restore-backup copy.db");
    assert!(seen.contains("! restored the history of [time]"), "{seen}");
    assert!(seen.contains("! what was here is in [dir]/history/history.db.before-restore-"));
    assert_eq!(session.json("runlog list --json").as_array().unwrap().len(), 1);
    assert_ne!(session.json("runlog doctor --json")["device_id"], device);
    insta::assert_snapshot!(session.see("runlog restore-backup nothing.db"), @"
    ! error: cannot open nothing.db: No such file or directory (os error 2)
    ! hint: name another directory with --home or RUNLOG_HOME
    [exit 4]
    ");
    insta::assert_snapshot!(session.see("echo text > text.db; runlog restore-backup text.db"), @"
    ! error: text.db: not a database: the file holds something else
    ! hint: restore a backup, move the file away, or name another directory with --home
    [exit 4]
    ");
}

/// While the program speaks to a relay, nobody who looks at the machine's processes sees the phrase or
/// the access key, which it then has in memory and on the wire.
#[test]
#[cfg(target_os = "linux")]
fn no_process_shows_a_secret() {
    let mut relay = Relay::new();
    let made = relay.first_device("a");
    let phrase = made["phrase"].as_str().unwrap().to_owned();
    relay.stop();
    let silent = std::net::TcpListener::bind(relay.url.strip_prefix("http://").unwrap()).unwrap();
    let words = relay.session.directory().join("phrase");
    std::fs::write(&words, &phrase).unwrap();
    let join = format!("runlog vault join --phrase-file {}", words.display());
    relay.stdout("b", &join);
    // A recorded program under way, too: it inherits what the program was given.
    let recorded =
        relay.background("b", "runlog run -- sh -c 'echo $$ > recorded; exec sleep 1000'");
    let pid = until("it runs", || {
        let pid = std::fs::read_to_string(relay.session.directory().join("recorded")).ok()?;
        pid.trim().parse::<u32>().ok()
    });
    let adding = relay.background("b", &format!("runlog -vvv backend add {}", relay.url));
    let (taken, _) = silent.accept().unwrap();
    let mut head = BufReader::new(&taken).lines().map_while(Result::ok);
    let header = head.find(|line| line.to_lowercase().starts_with("authorization:")).unwrap();
    let access_key = header.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(access_key.len(), 64, "the vault's access key in hexadecimal digits");
    for process in [adding.0.id(), recorded.0.id(), pid] {
        for part in ["cmdline", "environ"] {
            let shown = std::fs::read(format!("/proc/{process}/{part}")).unwrap();
            let shown = String::from_utf8_lossy(&shown);
            assert!(!shown.is_empty() && !shown.contains(&access_key), "{process} {part}");
            assert!(!shown.contains(&phrase), "{process} {part}: {shown}");
        }
    }
    relay.session.stdout(&format!("kill {pid}"));
    assert_eq!(recorded.end(), Some(128 + 15));
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
