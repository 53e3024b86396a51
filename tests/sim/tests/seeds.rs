//! Seeds.
#![allow(clippy::unwrap_used, clippy::panic)]

fn seeds(from: u64, to: u64) {
    let mut edits = 0;
    let mut bad = Vec::new();
    for seed in from..to {
        match std::panic::catch_unwind(|| runlog_sim::run(seed, None, false))
            .unwrap_or_else(|_| Err("panic".into()))
        {
            Ok(report) => edits += report.edits,
            Err(error) => bad.push((seed, error)),
        }
    }
    println!("{edits} edits");
    for (seed, error) in bad.iter().take(6) {
        println!("seed {seed}: {}", error.chars().take(2600).collect::<String>());
    }
    assert!(bad.is_empty(), "{} of {} seeds failed", bad.len(), to - from);
}

#[test]
fn some() {
    let of = |name, or| std::env::var(name).map_or(or, |text| text.parse().unwrap());
    seeds(of("FROM", 0), of("TO", 300));
}

#[test]
fn replay() {
    let Ok(seed) = std::env::var("RUNLOG_SIM_SEED") else { return };
    let seed = seed.parse().unwrap();
    if let Err(error) = runlog_sim::run(seed, None, true) {
        panic!("seed {seed}: {error}");
    }
}
