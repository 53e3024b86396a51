//! Executions that look like those of a build server.

use runlog_core::id::ExecutionId;
use runlog_core::model::{Ending, Exit, Kind, NewExecution};
use runlog_core::time::Timestamp;

use crate::Failed;

/// When the first execution begins, in milliseconds.
const BEGUN_MS: u64 = 1_700_000_000_000;

/// Bits that look random and are the same in every run (splitmix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

/// The execution of a number, of one of 20 workflows, with five params. One begins each second.
pub(crate) fn execution(number: u64) -> Result<NewExecution, Failed> {
    let bits = mix(number);
    let millis = BEGUN_MS + number * 1_000 + bits % 1_000;
    let mut random = [0; 10];
    random[2..].copy_from_slice(&bits.to_be_bytes());
    let at = Timestamp::from_millis(millis.cast_signed());
    let workflow = format!("workflow-{}", number % 20);
    let mut new = NewExecution::new(ExecutionId::v7(millis, &random), Kind::Job, &workflow, at)?;
    new.host_name = Some("builder.example".into());
    new.user = Some("builder".into());
    new.working_directory = Some("/home/builder/project".into());
    new.argv = vec!["make".into(), "test".into()];
    for (name, value) in [("env", bits % 3), ("branch", bits >> 8 & 31), ("shard", bits >> 16 & 7)]
    {
        new.params.set(name, format!("value-{value}"))?;
    }
    new.params.set("retries", "3")?;
    new.params.set("commit", format!("{:016x}", mix(bits)))?;
    Ok(new)
}

/// How it ended: nine in ten well, after up to a minute.
pub(crate) fn ending(new: &NewExecution) -> Ending {
    let bits = mix(new.created_at.as_millis().cast_unsigned());
    let exit = Exit::Code(i32::from(bits.is_multiple_of(10)));
    Ending::of_process(exit, new.created_at.plus_millis((bits >> 8 & 0xffff).cast_signed()))
}

/// Executions of consecutive numbers.
pub(crate) fn executions(numbers: std::ops::Range<u64>) -> Result<Vec<NewExecution>, Failed> {
    numbers.map(execution).collect()
}
