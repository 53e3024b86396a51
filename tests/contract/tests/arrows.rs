//! Arrows between crates run one way, and the core stays free of what does I/O.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of the crates that a package is built from, itself included.
fn built_from(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{lib}", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.replace(" (*)", "")).filter(|line| !line.is_empty()).collect()
}

fn ours(package: &str) -> Vec<String> {
    let mut ours: Vec<String> =
        built_from(package).into_iter().filter(|name| name.starts_with("runlog")).collect();
    ours.sort();
    ours
}

/// What the core may be built from. Each name is a promise of no I/O, no clock and no randomness;
/// add one only with that in mind.
const CORE: [&str; 46] = [
    "runlog_core",
    "aead",
    "aho_corasick",
    "argon2",
    "base64ct",
    "blake2",
    "block_buffer",
    "cfg_if",
    "chacha20",
    "chacha20poly1305",
    "cipher",
    "cmov",
    "cpufeatures",
    "crypto_common",
    "ctutils",
    "digest",
    "hkdf",
    "hmac",
    "hybrid_array",
    "inout",
    "itoa",
    "jiff",
    "jiff_core",
    "memchr",
    "poly1305",
    "regex",
    "regex_automata",
    "regex_syntax",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "sha2",
    "siphasher",
    "subtle",
    "thiserror",
    "thiserror_impl",
    "typenum",
    "universal_hash",
    "uuid",
    "zeroize",
    "zeroize_derive",
    "zmij",
    "zstd",
    "zstd_safe",
    "zstd_sys",
];

#[test]
fn the_core_is_built_from_its_list_alone() {
    let allowed: BTreeSet<&str> = CORE.into_iter().chain(BUILD_ONLY).collect();
    let found = built_from("runlog-core");
    let strange: Vec<&String> =
        found.iter().filter(|name| !allowed.contains(name.as_str())).collect();
    assert!(strange.is_empty(), "core is built from {strange:?}");
}

/// Run by the compiler, not by the program.
const BUILD_ONLY: [&str; 4] = ["proc_macro2", "quote", "syn", "unicode_ident"];

#[test]
fn arrows_run_one_way() {
    assert_eq!(ours("runlog-core"), ["runlog_core"]);
    assert_eq!(ours("runlog-sqlite"), ["runlog_core", "runlog_sqlite"]);
    assert_eq!(ours("runlog"), ["runlog", "runlog_core", "runlog_sqlite"]);
    assert_eq!(ours("runlog-server"), ["runlog_core", "runlog_server"]);
    let program = ours("runlog-cli");
    assert!(!program.iter().any(|name| name.contains("contract") || name.contains("bench")));
}
