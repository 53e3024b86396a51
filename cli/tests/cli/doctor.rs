//! `doctor`: what it finds.

use crate::session::Session;

#[test]
fn a_sound_history() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    insta::assert_snapshot!(session.see("runlog doctor"), @"
    Program     runlog 0.1.0
    Database    [dir]/history/history.db
    Schema      version 4
    Device      [device]
    Executions  1 (0 running), 0 in the trash
    Size        [size], write-ahead log [size], backups none
    Recording   0 processes
    Masking     on

    Nothing is wrong.
    ");
}

#[test]
fn files_that_others_can_read_and_locks_of_the_dead() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    session.stdout("chmod 644 history/history.db && touch history/history.db.owners/dead.lock");
    insta::assert_snapshot!(session.see("runlog doctor"), @"
    Program     runlog 0.1.0
    Database    [dir]/history/history.db
    Schema      version 4
    Device      [device]
    Executions  1 (0 running), 0 in the trash
    Size        [size], write-ahead log [size], backups none
    Recording   0 processes
    Masking     on

    permissions: [dir]/history/history.db can be used by other users: mode 644
        `chmod 600 [dir]/history/history.db`
    permissions: [dir]/history/history.db-shm can be used by other users: mode 644
        `chmod 600 [dir]/history/history.db-shm`
    permissions: [dir]/history/history.db-wal can be used by other users: mode 644
        `chmod 600 [dir]/history/history.db-wal`
    lock: [dir]/history/history.db.owners/dead.lock was left by a process that died
        it is harmless: remove the file
    4 things are wrong.
    [exit 1]
    ");
}

#[test]
fn a_damaged_page() {
    let session = Session::new();
    session.stdout("runlog run -- seq 10000 > /dev/null");
    // The beginning of the second page.
    session.stdout("printf 'damage damage damage' | dd of=history/history.db bs=1 seek=4096 conv=notrunc 2> /dev/null");
    let output = session.output("runlog doctor");
    assert!(matches!(output.status.code(), Some(1 | 4)), "{output:?}");
    let found = String::from_utf8(output.stdout).unwrap();
    assert!(found.contains("file:") || found.contains("open:"), "{found}");
}
