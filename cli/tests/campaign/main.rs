//! A campaign over real processes: four devices that record, edit and sync at once, a relay that is
//! killed and comes back, a network that refuses, delays and cuts, and SIGKILL at any moment. Then
//! the faults stop, and every device must hold all that was confirmed to anybody, and the same.
//!
//! What is done follows from a seed; when it meets what does not, as it does in life. A seed that
//! fails may so have to be tried several times.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

mod campaign;
mod checks;
mod device;
mod ledger;
mod process;
mod proxy;
mod relay;

use std::time::{Duration, Instant};

use campaign::Campaign;
use relay::Kind;

/// What a device does in `make test`: a run takes about half a minute of two cores.
const STEPS: u64 = 24;

/// What a device does in `make campaign`, in each of the campaigns.
const STEPS_OF_MANY: u64 = 60;

#[test]
fn sqlite() {
    run(Kind::Sqlite, number("CAMPAIGN_SEED").unwrap_or(1), STEPS);
}

#[test]
fn postgresql() {
    run(Kind::Postgres, number("CAMPAIGN_SEED").unwrap_or(2), STEPS);
}

/// Campaigns with new seeds for CAMPAIGN_SECONDS, from CAMPAIGN_FROM on, over both databases in turn.
#[test]
#[ignore = "as long as one likes: make campaign"]
fn many() {
    let from = number("CAMPAIGN_FROM").unwrap_or(1_000);
    let until = Instant::now() + Duration::from_secs(number("CAMPAIGN_SECONDS").unwrap_or(60));
    for seed in from.. {
        let kind = if seed % 2 == 0 { Kind::Sqlite } else { Kind::Postgres };
        run(kind, seed, STEPS_OF_MANY);
        if Instant::now() > until {
            return;
        }
    }
}

fn run(kind: Kind, seed: u64, steps: u64) {
    let steps = number("CAMPAIGN_STEPS").unwrap_or(steps);
    let name = kind.name();
    eprintln!(
        "CAMPAIGN_SEED={seed} CAMPAIGN_STEPS={steps} cargo nextest run -p runlog-cli --test campaign \
         {name} --no-capture"
    );
    let begun = Instant::now();
    let report = Campaign::new(kind, seed, steps).run();
    eprintln!("{name}, seed {seed}: {report} in {:.1} s", begun.elapsed().as_secs_f64());
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
