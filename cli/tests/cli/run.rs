//! `run`: the program's output, its end, and what is recorded of both.

use crate::session::Session;

#[test]
fn a_program_is_shown_unchanged_and_recorded() {
    let session = Session::new();
    let output = session.output("runlog run -- sh -c 'echo out; echo err >&2; exit 3'");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "out\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "err\n");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog show {id}")), @"
    Execution   full-id-00001  (short id id-00001)
    Status      failed, exit code 3
    Workflow    sh  (command)
    Command     sh -c 'echo out; echo err >&2; exit 3'
    Program     /usr/bin/sh
    Directory   [dir]
    Started     [time]  (just now)
    Ended       [time]  (just now)
    Took  [took]
    User        ada
    Host        [host]
    Device      [device]
    Log         2 lines: runlog logs id-00001
    ");
    assert_eq!(session.stdout(&format!("runlog logs {id} --stream stderr")), "err\n");
}

#[test]
fn what_is_said_about_a_run_is_recorded() {
    let session = Session::new();
    session.stdout(
        "runlog run --workflow deploy --name 'Deploy to prod' --kind job \
         --param env=prod --param empty= --tag release --tag nightly -- true",
    );
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog show {id}")), @"
    Execution   full-id-00001  (short id id-00001)
    Status      completed, exit code 0
    Name        Deploy to prod
    Workflow    deploy  (job)
    Command     true
    Program     /usr/bin/true
    Directory   [dir]
    Started     [time]  (just now)
    Ended       [time]  (just now)
    Took  [took]
    Params      empty = 
                env = prod
    Tags        nightly, release
    User        ada
    Host        [host]
    Device      [device]
    Log         empty
    ");
}

#[test]
fn standard_input_reaches_the_program() {
    let session = Session::new();
    assert_eq!(session.stdout("echo hello | runlog run -- cat"), "hello\n");
}

#[test]
fn the_secrets_of_runlog_are_not_the_programs_to_see() {
    let session = Session::new();
    let secrets = "RUNLOG_PASSPHRASE=secret RUNLOG_RECOVERY_PHRASE=secret RUNLOG_PAIRING_CODE=secret \
                   RUNLOG_ACCOUNT_TOKEN=secret RUNLOG_SERVER_DATABASE_PASSWORD=secret \
                   RUNLOG_SERVER_DATABASE=postgres://relay:secret@db/relay";
    for pty in ["--pty", "--no-pty"] {
        let environment = session.stdout(&format!("{secrets} OTHER=seen runlog run {pty} -- env"));
        assert!(environment.contains("OTHER=seen"), "{environment}");
        assert!(!environment.contains("secret"), "{environment}");
    }
}

#[test]
fn events_are_recorded_and_not_shown() {
    let session = Session::new();
    let line =
        r#"runlog run -- sh -c 'echo "@runlog {\"type\":\"task_failed\",\"task\":\"a b\"}" >&2'"#;
    insta::assert_snapshot!(session.see(line), @"");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id}")), @r#"@ task_failed task="a b""#);
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --json")), @r#"{"seq":1,"time":"[time]","stream":"event","level":"error","event":{"type":"task_failed","task":"a b"}}"#);
}

#[test]
fn a_program_that_cannot_be_started_is_a_failed_run() {
    let session = Session::new();
    insta::assert_snapshot!(session.see("runlog run -- no-such-program --flag"), @"
    ! error: cannot run no-such-program: No such file or directory (os error 2)
    [exit 127]
    ");
    insta::assert_snapshot!(session.see("touch plain && runlog run -- ./plain"), @"
    ! error: cannot run ./plain: Permission denied (os error 13)
    ! hint: `chmod +x` makes a file executable
    [exit 126]
    ");
    insta::assert_snapshot!(session.see("runlog list"), @"
    ID        STATUS  STARTED    TOOK  EXIT  COMMAND
    id-00001  failed  just now  [took]   126  ./plain
    id-00002  failed  just now  [took]   127  no-such-program --flag
    ");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id}")), @r#"@ spawn_failed level=error message="cannot run ./plain: Permission denied (os error 13)""#);
}

#[test]
fn a_signal_that_ends_the_program_is_told_as_by_a_shell() {
    let session = Session::new();
    assert_eq!(session.output("runlog run -- sh -c 'kill -TERM $$'").status.code(), Some(143));
    assert_eq!(session.output("runlog run -- sh -c 'kill -KILL $$'").status.code(), Some(137));
    insta::assert_snapshot!(session.see("runlog list"), @"
    ID        STATUS     STARTED    TOOK     EXIT  COMMAND
    id-00001  failed     just now  [took]  SIGKILL  sh -c 'kill -KILL $$'
    id-00002  cancelled  just now  [took]  SIGTERM  sh -c 'kill -TERM $$'
    ");
}

#[test]
fn runs_within_a_run_are_linked_to_it() {
    let session = Session::new();
    session.stdout("runlog run --workflow outer -- sh -c 'runlog run --workflow inner -- true'");
    let of =
        |workflow| session.json(&format!("runlog list --json --workflow {workflow}"))[0].clone();
    assert_eq!(of("inner")["parent_id"], of("outer")["id"]);
    let outer = of("outer")["id"].as_str().unwrap().to_owned();
    session.stdout(&format!("runlog run --workflow named --parent {} -- true", &outer[28..]));
    assert_eq!(of("named")["parent_id"], outer.as_str());
}

#[test]
fn a_chosen_home_is_that_of_the_runs_within() {
    let session = Session::new();
    session.stdout("runlog run --home other -- sh -c 'cd / && runlog run -- true'");
    assert_eq!(session.json("runlog list --home other --json").as_array().unwrap().len(), 2);
    assert!(!session.database().exists());
}

#[test]
fn a_parent_that_makes_no_sense() {
    let session = Session::new();
    insta::assert_snapshot!(session.see("RUNLOG_PARENT_ID=nonsense runlog run -- echo ran"), @"
    ran
    ! warning: RUNLOG_PARENT_ID is not an execution id: 'nonsense'; ignored
    ");
    insta::assert_snapshot!(session.see("runlog run --parent ffffffff -- echo ran"), @"
    ! error: no execution has an id that begins or ends with 'id-00001'
    ! hint: `runlog list` prints the ids; with --deleted, those in the trash
    [exit 3]
    ");
}

#[test]
fn a_child_that_outlives_the_program_is_told_about() {
    let session = Session::new();
    let line = "runlog run -- sh -c 'sleep 100 & echo $! > pid; echo done'";
    insta::assert_snapshot!(session.see(line), @"
    done
    ! warning: the program has ended, but another one still holds its output: what that one prints from here on is neither shown nor recorded
    ");
    session.stdout("kill $(cat pid)");
    assert_eq!(session.newest()["status"], "completed");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --stream event")), @r#"@ output_held level=warn message="the process has ended, another one still holds its output; what it prints from here on is not recorded""#);
}

#[test]
fn thousands_of_lines_are_recorded_in_order_and_none_is_missing() {
    let session = Session::new();
    let count = 200_000;
    let shown = session.stdout(&format!("runlog run -- seq {count} | cksum"));
    assert_eq!(shown, session.stdout(&format!("seq {count} | cksum")));
    let id = session.newest_id();
    assert_eq!(session.stdout(&format!("runlog logs {id} | cksum")), shown);
    assert_eq!(session.stdout(&format!("runlog logs {id} --tail 2")), "199999\n200000\n");
}

#[test]
fn bytes_that_are_no_text_are_kept() {
    let session = Session::new();
    session.output(r"runlog run -- printf 'a\377\000b\nlast'");
    let id = session.newest_id();
    let raw = session.output(&format!("runlog logs {id} --raw")).stdout;
    assert_eq!(raw, b"a\xff\x00b\nlast\n");
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --json")), @r#"
    {"seq":1,"time":"[time]","stream":"stdout","level":null,"text":"a�\u0000b","bytes_base64":"Yf8AYg=="}
    {"seq":2,"time":"[time]","stream":"stdout","level":null,"text":"last"}
    "#);
}

#[test]
fn a_line_without_end_needs_little_memory() {
    let session = Session::new();
    // The shell's parent is the program; 200 MB go through it.
    session.stdout(
        "runlog run --no-pty -- sh -c 'head -c 200000000 /dev/zero | tr \"\\0\" x; \
         grep VmHWM /proc/$PPID/status > memory' | cat > /dev/null",
    );
    let memory = session.stdout("cat memory");
    let kib: u64 = memory.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 64 << 10, "{memory}");
    let id = session.newest_id();
    let last = session.stdout(&format!("runlog logs {id} --tail 1 --json"));
    assert!(last.contains("xxxx"), "{last}");
}

#[test]
fn two_hundred_runs_at_once_are_all_recorded() {
    let session = Session::new();
    let output = session.output(
        "for n in $(seq 200); do runlog run --param n=$n -- sh -c \"echo $n\" & done; wait",
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let runs = session.json("runlog list --json -n 1000");
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.len(), 200);
    assert!(runs.iter().all(|run| run["status"] == "completed"));
    assert_eq!(session.output("runlog doctor").status.code(), Some(0));
}
