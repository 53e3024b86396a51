//! Bytes on the wire of a run that is pushed when it starts and again when it ends.

use runlog::sync::{Direction, SyncOptions};
use runlog_core::model::{Ending, Exit, Kind, NewExecution};

use crate::Failed;
use crate::measure::Samples;
use crate::relay::{Device, Relay, Wire};
use crate::report::{Finding, Target};
use crate::setup::Setup;

/// Runs that are pushed in one batch, for orientation.
const MANY: u64 = 1_000;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let scratch = setup.scratch()?;
    let relay = Relay::on_sqlite(setup, &scratch.path().join("relay.db"))?;
    let wire = Wire::to(&relay)?;
    let device = Device::first(&scratch.path().join("history.db"), &relay)?;
    device.sync()?;
    device.reach(wire.url())?;
    let [mut bodies, mut with_headers] = [(); 2].map(|()| Samples::default());
    for _ in 0..setup.rounds() {
        let (of_pushes, passed) = wire.count(|| pushed_twice(&device))?;
        bodies.push(of_pushes as f64);
        with_headers.push(passed as f64);
    }
    let of_many = of_many(&device)?;
    let notes = format!(
        "bodies of both requests and both answers; with HTTP's headers {:.0} B; {of_many:.0} B a run \
         where {MANY} started and finished ones go together",
        with_headers.median(),
    );
    Ok(vec![
        Finding::new("a run of ten short fields, two pushes", Target::AtMost(500.0), bodies)
            .unit(" B")
            .notes(notes),
    ])
}

/// Bytes of requests and answers.
fn pushed_twice(device: &Device) -> Result<u64, Failed> {
    let mut options = SyncOptions::default();
    options.direction = Direction::LocalToRemote;
    let new = short()?;
    device.runlog.write(|history| history.start(&new))?;
    let started = device.sync_with(&options)?;
    device.runlog.write(|history| history.finish(new.id, &ended(&new)))?;
    let finished = device.sync_with(&options)?;
    let bytes = [started, finished].map(|run| run.bytes_up + run.bytes_down);
    Ok(bytes.iter().sum())
}

/// Bytes a run, of requests and answers, where many go together.
fn of_many(device: &Device) -> Result<f64, Failed> {
    let many = (0..MANY).map(|_| short()).collect::<Result<Vec<_>, Failed>>()?;
    device.runlog.write(|history| many.iter().try_for_each(|new| history.start(new)))?;
    device
        .runlog
        .write(|history| many.iter().try_for_each(|new| history.finish(new.id, &ended(new))))?;
    let run = device.sync()?;
    Ok((run.bytes_up + run.bytes_down) as f64 / MANY as f64)
}

/// Ten fields that somebody gave or that the run has by itself: id, kind, workflow, when it was made
/// and when it started, device, host, user, directory and a param.
fn short() -> Result<NewExecution, Failed> {
    let now = runlog::now();
    let mut new = NewExecution::new(runlog::new_execution_id(), Kind::Job, "nightly", now)?;
    new.host_name = Some("alpha".into());
    new.user = Some("ada".into());
    new.working_directory = Some("/srv/a".into());
    new.params.set("env", "prod")?;
    Ok(new)
}

fn ended(new: &NewExecution) -> Ending {
    Ending::of_process(Exit::Code(0), new.created_at.plus_millis(1_500))
}
