//! Random scripts: transactions of operations that follow from a seed.
//!
//! A script is run over two stores in step, of which one is the model, and both must answer the same
//! and hold the same after every step. With faults, the store must hold what the model held before
//! or after the step.

mod generate;
mod generate_sync;
mod operation;

use runlog_core::history::{History, HistoryError};
use runlog_core::store::Store;
use runlog_core::time::Timestamp;

pub use generate::Generator;
pub use operation::{Direct, Operation};

/// What the operations of a step answer, or why it was not done.
pub type Answer = Result<Vec<String>, HistoryError>;

/// One transaction.
#[derive(Clone, Debug)]
pub struct Step {
    /// The time of the device's wall clock.
    pub now: Timestamp,
    /// What is done.
    pub work: Work,
    /// Whether the transaction ends with an error, so that nothing of it stays.
    pub rolled_back: bool,
}

/// What is done in a transaction.
#[derive(Clone, Debug)]
pub enum Work {
    /// Operations of a history.
    History(Vec<Operation>),
    /// What is written to the store beside it.
    Store(Vec<Direct>),
}

impl Step {
    /// Does the work. The answers are those of its operations.
    ///
    /// # Errors
    /// Those of the operations, and the intended one where the step is to be rolled back.
    pub fn run<S: Store>(&self, history: &mut History<S>) -> Answer {
        let end = |answers| {
            if self.rolled_back { Err(crate::sample::intended().into()) } else { Ok(answers) }
        };
        match &self.work {
            Work::History(operations) => history.write(self.now, |tx| {
                let answers = operations.iter().map(|operation| operation.run(tx));
                end(answers.collect::<Result<_, _>>()?)
            }),
            Work::Store(writes) => history.store_mut().write(|tx| {
                writes.iter().try_for_each(|write| write.run(tx))?;
                end(Vec::new())
            }),
        }
    }
}

/// The steps of a seed.
pub fn script(seed: u64, steps: usize) -> Vec<Step> {
    let mut generator = Generator::new(seed);
    (0..steps).map(|_| generator.step()).collect()
}

/// The seeds to run: `count` of them, or the one that `RUNLOG_CONTRACT_SEED` names.
pub fn seeds(count: u64) -> Vec<u64> {
    const VARIABLE: &str = "RUNLOG_CONTRACT_SEED";
    let named = std::env::var(VARIABLE).ok();
    let named = named.or_else(|| option_env!("RUNLOG_CONTRACT_SEED").map(str::to_owned));
    match named.and_then(|text| text.parse().ok()) {
        Some(seed) => vec![seed],
        None => (1..=count).collect(),
    }
}

/// What a failure says about where it happened.
pub fn place(seed: u64, number: usize, step: &Step) -> String {
    format!("step {number} of RUNLOG_CONTRACT_SEED={seed}, {step:?}")
}
