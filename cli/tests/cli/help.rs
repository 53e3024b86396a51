//! What the program says about itself.

use crate::session::Session;

#[test]
fn the_help_begins_with_what_it_is_and_an_example() {
    insta::assert_snapshot!(Session::new().see("runlog --help"), @"
    Runlog keeps the history of what you execute: what ran and with which parameters, what it
    printed, how it ended.

      runlog run -- make test        run a program and record it
      runlog list --status failed    find it again
      runlog logs id-00001           read what it printed

    Usage: runlog [OPTIONS] <COMMAND>

    Commands:
      run             Run a program and record it: command line, output, exit code
      list            List executions, newest first
      show            Show everything about an execution but its log
      why             Tell who wrote a value, how it came here, and what it displaced
      logs            Print what an execution has printed, and its structured events
      tag             Put tags on an execution, or take them off
      note            Write a note on an execution, or remove it
      pin             Pin executions, so that they are kept for good
      delete          Move executions to the trash
      restore         Take executions out of the trash
      trash           Tell what is in the trash and how long it stays there, or set how long
      import          Import the history of another program
      sync            Sync this history with its other devices, and tell how that stands and went
      backend         Where this history is synced with
      vault           The vault: one history on several devices, which no relay can read
      device          The devices of the vault
      backup          Copy the history to a file, while others go on recording
      restore-backup  Put the history of a backup in the place of this one
      serve           Run a relay: it keeps the records of vaults, which it cannot read, and hands them
                      to their devices
      doctor          Check the history: where it is, how large, whether it is whole
      mcp             Serve an assistant over stdio: the Model Context Protocol
      completions     Print a completion script for a shell
      help            Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Global options:
          --home <DIR>    Where the history is: RUNLOG_HOME or the platform's data directory unless
                          given
          --color <WHEN>  Colour the output; auto does so on a terminal, unless NO_COLOR is set
                          [default: auto] [possible values: auto, always, never]
      -v, --verbose...    Print diagnostics on stderr; -vv for more

    An ID is the short id that `list` prints, the beginning of a full id, or a full id.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such execution (or several),
    4 the database cannot be used, 5 not synced, 6 not all of it was synced, 7 the vault
    cannot be opened, 130 stopped by Ctrl-C. `run` leaves with the code of the program that it ran.
    ");
}

#[test]
fn every_command_has_help_with_an_example() {
    let session = Session::new();
    let help = session.stdout("runlog --help");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let mut count = 0;
    // What is indented further goes on from the line before.
    let commands = commands.filter(|line| !line.starts_with("   "));
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        if command != "help" {
            let help = session.stdout(&format!("runlog {command} --help"));
            assert!(help.contains(&format!("\n  runlog {command}")), "{command}: {help}");
            count += 1;
        }
    }
    assert!(count >= 12);
}

#[test]
fn help_of_run() {
    insta::assert_snapshot!(Session::new().see("runlog run --help"), @r#"
    Run a program and record it: command line, output, exit code

      runlog run -- make test
      runlog run --workflow deploy --param env=prod --tag release -- ./deploy.sh prod

    The program's output is shown unchanged, its exit code is passed on. On a terminal it runs on a
    pseudo-terminal, so that colours and progress bars stay; in a pipe, stdout and stderr stay apart.
    A line `@runlog {"type":"task_completed","task":"build"}` on its stderr is recorded as a
    structured event, and not shown.

    What looks like a secret is masked in what is recorded, see docs/cli.md; what is shown stays as it
    is.

    Where the history cannot be opened the program runs all the same, with a warning.

    Usage: runlog run [OPTIONS] -- <CMD>...

    Arguments:
      <CMD>...  The program and its arguments

    Options:
      -w, --workflow <ID>       What this is a run of; the program's file name unless given
          --name <NAME>         A name for people
          --kind <KIND>         What kind of execution it is [default: command] [possible values:
                                workflow, command, job, prompt]
      -p, --param <NAME=VALUE>  A parameter; may be given several times
      -t, --tag <TAG>           A tag; may be given several times
          --pty                 Run it on a pseudo-terminal, also where our output goes to a file or a
                                pipe
          --no-pty              Run it on pipes, also on a terminal
          --no-mask             Record secrets as they are, instead of masking them; also with
                                RUNLOG_NO_MASK
          --parent <ID>         The execution that started this one; RUNLOG_PARENT_ID unless given
      -h, --help                Print help

    Global options:
          --home <DIR>    Where the history is: RUNLOG_HOME or the platform's data directory unless
                          given
          --color <WHEN>  Colour the output; auto does so on a terminal, unless NO_COLOR is set
                          [default: auto] [possible values: auto, always, never]
      -v, --verbose...    Print diagnostics on stderr; -vv for more
    "#);
}

#[test]
fn help_of_list() {
    insta::assert_snapshot!(Session::new().see("runlog list --help"), @"
    List executions, newest first

      runlog list --status failed --since 2d
      runlog list --workflow deploy --param env=prod --sort longest -n 5
      runlog list --json | jq -r '.[].id'

    All filters given must hold. A * behind an id marks a pinned execution.

    Usage: runlog list [OPTIONS]

    Options:
          --sort <SORT>      In which order [default: newest] [possible values: newest, oldest, longest,
                             shortest]
      -n, --limit <N>        At most this many [default: 20]
          --offset <N>       Leave out the first N [default: 0]
          --cursor <CURSOR>  Go on behind the page that printed this cursor
          --json             Print a JSON array
      -h, --help             Print help

    Filters:
      -w, --workflow <ID>          Runs of this workflow
          --kind <KIND>            Of this kind [possible values: workflow, command, job, prompt]
      -s, --status <STATUS>        In this status [possible values: not_started, running, completed,
                                   failed, cancelled, lost]
          --device <ID>            Recorded on this device: its id as `show` prints it, or `this`
      -t, --tag <TAG>              With this tag
      -p, --param <NAME=VALUE>     With this parameter
          --exit-code <CODE>       That left with this exit code
          --since <TIME>           Begun at this time or later: 2026-11-21T10:00:00Z, 2026-11-21, or 3h
                                   for three hours ago
          --until <TIME>           Begun before this time
          --min-duration <LENGTH>  That took at least this long:  [took], 30s, 1h30m
          --max-duration <LENGTH>  That took at most this long
          --sync <STATE>           That stand so toward the backends that take part [possible values:
                                   synced, waiting, rejected]
          --deleted                Those in the trash instead

    Global options:
          --home <DIR>    Where the history is: RUNLOG_HOME or the platform's data directory unless
                          given
          --color <WHEN>  Colour the output; auto does so on a terminal, unless NO_COLOR is set
                          [default: auto] [possible values: auto, always, never]
      -v, --verbose...    Print diagnostics on stderr; -vv for more
    ");
}

#[test]
fn wrong_usage_is_told_with_code_2() {
    let session = Session::new();
    insta::assert_snapshot!(session.see("runlog lst"), @"
    ! error: unrecognized subcommand 'lst'
    ! 
    !   tip: a similar subcommand exists: 'list'
    ! 
    ! Usage: runlog [OPTIONS] <COMMAND>
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog run make test"), @"
    ! error: unexpected argument 'make' found
    ! 
    ! Usage: runlog run [OPTIONS] -- <CMD>...
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog show xyz"), @"
    ! error: invalid value 'xyz' for '<ID>': 'xyz' is not an execution id: use 4 to 32 hexadecimal digits, hyphens allowed
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog list --status broken"), @"
    ! error: invalid value 'broken' for '--status <STATUS>'
    !   [possible values: not_started, running, completed, failed, cancelled, lost]
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog list --since yesterday"), @"
    ! error: invalid value 'yesterday' for '--since <TIME>': 'yesterday' is not a time: write it as 2026-11-21T10:00:00Z or 2026-11-21, or how long ago it was as 30min, 3h or 2d
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog list --cursor abc"), @"
    ! error: 'abc' is not a cursor of this listing
    ! hint: use the one that the page before has printed, with the same --sort
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog run --param env -- true"), @"
    ! error: invalid value 'env' for '--param <NAME=VALUE>': it has no '=': write NAME=VALUE
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    insta::assert_snapshot!(session.see("runlog run --tag '' -- true"), @"
    ! error: invalid value '' for '--tag <TAG>': empty; give at least one character
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    assert!(!session.database().exists());
}

#[test]
fn completions_are_scripts_for_the_shell() {
    let session = Session::new();
    for (shell, marker) in
        [("bash", "complete -F"), ("zsh", "#compdef runlog"), ("fish", "-c runlog")]
    {
        assert!(session.stdout(&format!("runlog completions {shell}")).contains(marker), "{shell}");
    }
    assert!(session.output("runlog completions bash | bash -n").status.success());
}
