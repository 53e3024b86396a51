//! Opening, getting and listing in a history of a million executions, beside one of a thousand.

use std::path::PathBuf;

use runlog::Runlog;
use runlog::id::ExecutionId;
use runlog::query::ListQuery;

use crate::Failed;
use crate::measure::{Compared, Timed};
use crate::report::{Finding, Target};
use crate::setup::Setup;
use crate::stored::{self, RARE, SMALL};
use crate::workload::{execution, mix};

const PAGE: u32 = 50;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let large = History::built(setup, setup.size(1_000_000, 3_000))?;
    let small = History::built(setup, SMALL)?;
    let calls = setup.size(400, 10);
    let spread: Vec<u64> = (0..SMALL).collect();
    let seen = |history: &History| -> Result<Vec<ExecutionId>, Failed> {
        spread.iter().map(|at| history.id(at * history.rows / SMALL)).collect()
    };
    let (seen_large, seen_small) = (seen(&large)?, seen(&small)?);
    let mut found = [(); 5].map(|()| Compared::default());
    for round in 0..=setup.rounds() as u64 {
        let at = |call: u64| (round * calls + call) as usize % SMALL as usize;
        let first_asked = |call: u64| large.id(mix(round * calls + call) % large.rows);
        let workflow = |call: u64| format!("workflow-{}", call % 20);
        let pairs: [Pair<'_>; 5] = [
            (&|_| large.open().map(drop), &|_| small.open().map(drop)),
            (&|call| large.get(seen_large[at(call)]), &|call| small.get(seen_small[at(call)])),
            (&|call| large.get(first_asked(call)?), &|call| small.get(seen_small[at(call)])),
            (&|call| large.newest(&workflow(call)), &|call| small.newest(&workflow(call))),
            (&|_| large.newest(RARE), &|call| small.newest(&workflow(call))),
        ];
        for ((ours, theirs), compared) in pairs.iter().zip(&mut found) {
            let [mut by_large, mut by_small] = [Timed::default(); 2];
            for call in 0..calls {
                by_large.add(|| ours(call))?;
                by_small.add(|| theirs(call))?;
            }
            // The first round warms up.
            if round > 0 {
                compared.push(by_small, by_large, calls);
            }
        }
    }
    Ok(findings(found))
}

type Pair<'a> = (&'a dyn Fn(u64) -> Result<(), Failed>, &'a dyn Fn(u64) -> Result<(), Failed>);

fn findings(found: [Compared; 5]) -> Vec<Finding> {
    let lines = [
        ("open at a million, of its time at a thousand", Target::AtMost(2.0)),
        ("get by id at a million", Target::AtMost(2.0)),
        ("get by id at a million, each asked first", Target::None),
        ("newest 50 of a workflow at a million", Target::AtMost(2.0)),
        ("newest 50 of a rare workflow at a million", Target::AtMost(3.0)),
    ];
    let found = lines.into_iter().zip(found);
    found
        .map(|((name, target), compared)| {
            let micros = |rate: f64| 1e6 / rate;
            let notes = format!(
                "{:.0} us and {:.0} us",
                micros(compared.baseline.median()),
                micros(compared.product.median())
            );
            Finding::new(name, target, compared.wall).notes(notes)
        })
        .collect()
}

/// A stored history, open.
struct History {
    path: PathBuf,
    rows: u64,
    runlog: Runlog,
}

impl History {
    fn built(setup: &Setup, rows: u64) -> Result<Self, Failed> {
        let path = stored::history(setup, rows)?;
        let runlog = Runlog::open(&path)?;
        Ok(Self { path, rows, runlog })
    }

    fn open(&self) -> Result<Runlog, Failed> {
        Ok(Runlog::open(&self.path)?)
    }

    fn id(&self, number: u64) -> Result<ExecutionId, Failed> {
        Ok(execution(number)?.id)
    }

    fn get(&self, id: ExecutionId) -> Result<(), Failed> {
        self.runlog.get(id)?.map(drop).ok_or_else(|| format!("{id} is missing").into())
    }

    fn newest(&self, workflow: &str) -> Result<(), Failed> {
        let mut query = ListQuery::newest(PAGE);
        query.filter.workflow_id = Some(workflow.to_owned());
        let found = self.runlog.list(&query)?.executions.len();
        if found == PAGE as usize { Ok(()) } else { Err(format!("{found} of {workflow}").into()) }
    }
}
