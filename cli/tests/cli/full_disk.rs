//! A disk that is full, for real: a small file system in memory, in a mount namespace of its own.

use crate::session::Session;

/// What happens within the namespace. Prints a line for each thing that is asserted.
const STORY: &str = r#"
mount -t tmpfs -o size=3m none disk
export RUNLOG_HOME=disk/home
runlog run --workflow first -- echo first
head -c 2400000 /dev/zero > disk/filler
runlog run --workflow large -- sh -c 'base64 -w 100 /dev/urandom | head -n 40000; exit 7' > printed
echo "large left with $?, printed $(wc -l < printed)"
runlog list --workflow first --json | grep -c '"completed"'
rm disk/filler
runlog run --workflow after -- echo after
runlog list --status running --json
runlog doctor | tail -n 1
"#;

/// The program runs to its end and leaves with its own code; what was recorded before is there; once
/// there is room the next run is recorded, nothing stays `running`, and nothing is damaged.
#[test]
fn a_full_disk_stops_no_program_and_harms_no_history() {
    let session = Session::new();
    session.stdout("mkdir disk");
    std::fs::write(session.directory().join("story.sh"), STORY).unwrap();
    let allowed = session.output("unshare --map-root-user --mount true").status.success();
    assert!(allowed, "this test needs unshare (package util-linux) and user namespaces");

    let output = session.output("unshare --map-root-user --mount sh story.sh");
    let (told, said) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let expected = "first\nlarge left with 7, printed 40000\n1\nafter\n[]\nNothing is wrong.\n";
    let told = told.replace("[\n]", "[]");
    assert_eq!(told, expected, "{said}");
    assert!(said.contains("warning: this run was not recorded completely"), "{said}");
    assert!(said.contains("no space left"), "{said}");
}
