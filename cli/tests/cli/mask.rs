//! Masking, as a user meets it.

use crate::session::Session;

#[test]
fn secrets_are_shown_and_not_recorded() {
    let session = Session::new();
    insta::assert_snapshot!(session.see("runlog run --param api_key=abc123 -- sh -c 'echo password=hunter2'"), @"password=hunter2");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id}")), @"password=[masked: password]");
    let run = session.newest();
    assert_eq!(run["argv"][2], "echo password=[masked: password]");
    let shown = session.json(&format!("runlog show {id} --json"));
    assert_eq!(shown["params"]["api_key"], "[masked: key]");
    session.stdout("! grep -rq hunter2 history");
}

#[test]
fn masking_can_be_switched_off() {
    let session = Session::new();
    for line in ["runlog run --no-mask --", "RUNLOG_NO_MASK=1 runlog run --"] {
        session.stdout(&format!("{line} echo password=hunter2"));
        let id = session.newest_id();
        assert_eq!(session.stdout(&format!("runlog logs {id}")), "password=hunter2\n");
    }
    let off = session.stdout("RUNLOG_NO_MASK=1 runlog doctor | grep Masking");
    assert_eq!(off, "Masking     off: secrets are recorded as they are\n");
}

#[test]
fn patterns_of_the_user_are_masked_as_well() {
    let session = Session::new();
    session.stdout("mkdir history && printf '# ours\\nacme-[0-9]+\\n\\n' > history/mask-patterns");
    session.stdout("runlog run -- echo 'it is acme-42'");
    let id = session.newest_id();
    assert_eq!(session.stdout(&format!("runlog logs {id}")), "it is [masked: pattern]\n");
    let on = session.stdout("runlog doctor | grep Masking");
    assert_eq!(on, "Masking     on, with 1 patterns of yours\n");
}

#[test]
fn a_pattern_that_cannot_be_used_is_named_and_nothing_is_recorded() {
    let session = Session::new();
    session.stdout("runlog run -- true && printf '# ours\\nacme-(\\n' > history/mask-patterns");
    insta::assert_snapshot!(session.see("runlog run -- echo ran"), @"
    ran
    ! warning: this run is not recorded: [dir]/history/mask-patterns, line 2: unclosed group
    ! hint: mend that line or remove it; --no-mask records without masking
    ");
    assert_eq!(session.json("runlog list --json").as_array().unwrap().len(), 1);
    insta::assert_snapshot!(session.see("runlog doctor | tail -n 3"), @"
    patterns: [dir]/history/mask-patterns, line 2: unclosed group
        mend that line or remove it; --no-mask records without masking
    1 thing is wrong.
    ");
}
