//! Two thousand seeds, in parts that run side by side.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use std::ops::Range;
use std::time::{Duration, Instant};

use runlog_sim::{KINDS, Tally};

/// How often each kind of fault strikes at least in 125 seeds.
const STRIKES_MIN: u64 = 1;

/// Runs seeds, and says how to replay those that fail.
fn seeds(seeds: Range<u64>, until: Option<Instant>) -> Tally {
    let mut failed = 0;
    let mut count = 0;
    let mut struck = Tally::default();
    for seed in seeds {
        if until.is_some_and(|until| Instant::now() > until) {
            break;
        }
        count += 1;
        let run = || runlog_sim::run(seed, None, false);
        let result = std::panic::catch_unwind(run).unwrap_or_else(|_| Err("a panic".to_owned()));
        match &result {
            Ok(report) => struck.merge(&report.struck),
            Err(_) => failed += 1,
        }
        if let Err(error) = result {
            eprintln!("RUNLOG_SIM_SEED={seed} cargo nextest run -p runlog-sim replay --no-capture");
            eprintln!("  {}", error.chars().take(2_000).collect::<String>());
        }
    }
    eprintln!("{count} seeds\n{struck}");
    assert_eq!(failed, 0, "seeds failed");
    struck
}

/// A fault that never strikes tests nothing: in each part every kind must have struck.
fn every_kind_strikes(struck: &Tally) {
    for kind in KINDS {
        assert!(struck.of(kind) >= STRIKES_MIN, "too rarely: {kind}\n{struck}");
    }
}

macro_rules! parts {
    ($($name:ident: $part:literal;)+) => {
        $(#[test]
        fn $name() {
            every_kind_strikes(&seeds($part * 125..($part + 1) * 125, None));
        })+
    };
}

parts! {
    part_00: 0; part_01: 1; part_02: 2; part_03: 3; part_04: 4; part_05: 5; part_06: 6; part_07: 7;
    part_08: 8; part_09: 9; part_10: 10; part_11: 11; part_12: 12; part_13: 13; part_14: 14;
    part_15: 15;
}

/// Edits went on until a job had pulled as often as it may: its last digests were older than its push.
#[test]
fn digests_from_before_a_push_are_not_compared() {
    seeds(700_213..700_214, None);
}

/// What was written after a purge that another device made counted as sent with it, though a backend
/// had refused it.
#[test]
fn what_outlives_a_purge_is_sent() {
    seeds(3_750..3_751, None);
}

/// An older program kept a tag of a run that it had purged, not knowing whose tag it was. The newer one
/// dropped it, and the relays kept it.
#[test]
fn what_an_older_program_kept_of_a_purged_run_goes_everywhere() {
    seeds(901_303..901_304, None);
}

/// An older program kept a tag of a run that it had purged itself when the tag came again, and did not
/// agree with its relay any more.
#[test]
fn an_older_program_keeps_nothing_of_a_run_that_it_purged() {
    seeds(703_852..703_853, None);
}

/// A record was set aside from a backend that was removed while the record was on its way, for good.
#[test]
fn nothing_is_set_aside_from_a_backend_that_was_removed() {
    seeds(9_101_175..9_101_176, None);
}

/// Shows all that happens in one seed.
#[test]
fn replay() {
    let Ok(seed) = std::env::var("RUNLOG_SIM_SEED") else { return };
    let seed = seed.parse().unwrap();
    if let Err(error) = runlog_sim::run(seed, None, true) {
        panic!("seed {seed}: {error}");
    }
}

/// New seeds for RUNLOG_SIM_SECONDS, from RUNLOG_SIM_FROM on.
#[test]
#[ignore = "as long as one likes: make soak"]
fn soak() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let from = number("RUNLOG_SIM_FROM").unwrap_or(2_000);
    let seconds = number("RUNLOG_SIM_SECONDS").unwrap_or(60);
    seeds(from..u64::MAX, Some(Instant::now() + Duration::from_secs(seconds)));
}
