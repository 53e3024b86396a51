//! Rules broken on purpose: each is found within so many seeds.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use runlog_sim::Broken;

/// The first seed that notices, counted from one.
fn found_at(broken: Broken, most: u64) -> Option<u64> {
    (0..most)
        .find(|seed| {
            let run = || runlog_sim::run(*seed, Some(broken), false);
            !matches!(std::panic::catch_unwind(run), Ok(Ok(_)))
        })
        .map(|seed| seed + 1)
}

macro_rules! found {
    ($($name:ident: $broken:ident within $most:literal;)+) => {
        $(#[test]
        fn $name() {
            let found = found_at(Broken::$broken, $most);
            println!("{} {found:?}", stringify!($broken));
            assert!(found.is_some(), "{} seeds do not notice it", $most);
        })+
    };
}

found! {
    t1_deletes_left_out: DeletesLeftOut within 20;
    t2_marked_after_upload: MarkedAfterUpload within 20;
    t3_a_clock_as_position: ClockAsPosition within 20;
    t4_clocks_as_text: ClocksAsText within 100;
    t5_row_level: RowLevel within 20;
    t6_one_dirty_table: OneDirtyTable within 20;
    t10_one_fails_all: OneFailsAll within 150;
    t11_failures_forgotten: FailuresForgotten within 60;
    t12_identity_kept: IdentityKept within 20;
    t16_drops_blindly: DropsBlindly within 20;
    t17_digest_copied: DigestCopied within 20;
    s1_base_clock_for_all: BaseClockForAll within 60;
    s3_parents_required: ParentsRequired within 400;
    s8_unknown_forgotten: UnknownForgotten within 60;
    s8_kept_for_ever: KeptForEver within 60;
    s9_a_clock_as_identity: ClockAsIdentity within 60;
    s13_known_is_refused: KnownIsRefused within 300;
    s14_bare_positions: BarePositions within 60;
    s15_no_tokens: NoTokens within 60;
    s16_unpersisted: Unpersisted within 60;
    s17_no_checksums: NoChecksums within 40;
    s18_unopened_counts: UnopenedCounts within 100;
    s19_waiting_forgotten: WaitingForgotten within 20;
    s21_clocks_kept: ClocksKept within 200;
    s23_purges_forgotten: PurgesForgotten within 100;
    never_fetched_again: NeverFetchedAgain within 60;
    never_acknowledged: NeverAcknowledged within 20;
}
