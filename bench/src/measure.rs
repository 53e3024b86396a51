//! Measuring: time, and figures with their spread.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Failed;

/// What some work took, summed over its parts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timed {
    /// On the wall clock: what users wait for, and what the verdict is about.
    pub(crate) wall: Duration,
    /// On the processor, all threads: what other programs disturb least.
    pub(crate) processor: Duration,
}

impl Timed {
    /// Adds what `work` takes.
    pub(crate) fn add<T>(&mut self, work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
        let (wall, processor) = (Instant::now(), on_processor());
        let result = work()?;
        self.wall += wall.elapsed();
        self.processor += on_processor().saturating_sub(processor);
        Ok(result)
    }

    /// How many of `count` things were done in a second of wall clock.
    pub(crate) fn rate(&self, count: u64) -> f64 {
        count as f64 / self.wall.as_secs_f64()
    }
}

fn on_processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// Peak of a process's resident memory in KiB.
pub(crate) fn peak_kib(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// One figure, measured several times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, sample: f64) {
        self.0.push(sample);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    /// The one in the middle; the upper of two.
    pub(crate) fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The one below which a share of all lies; the upper of two.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let sorted = self.sorted();
        let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn least(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn most(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }
}

/// The product beside its baseline, round by round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compared {
    /// Rate of the product by that of the baseline.
    pub(crate) wall: Samples,
    /// The same by time on the processor.
    pub(crate) processor: Samples,
    /// Things a second.
    pub(crate) product: Samples,
    /// Things a second.
    pub(crate) baseline: Samples,
}

impl Compared {
    pub(crate) fn push(&mut self, product: Timed, baseline: Timed, count: u64) {
        self.wall.push(baseline.wall.as_secs_f64() / product.wall.as_secs_f64());
        let processor = product.processor.as_secs_f64();
        self.processor.push(baseline.processor.as_secs_f64() / processor);
        self.product.push(product.rate(count));
        self.baseline.push(baseline.rate(count));
    }

    /// Both rates, for orientation.
    pub(crate) fn rates(&self, of: &str, baseline: &str) -> String {
        format!(
            "{} {of}/s, {baseline} {}/s; by processor time {:.2}",
            thousands(self.product.median()),
            thousands(self.baseline.median()),
            self.processor.median()
        )
    }
}

/// A count in thousands or as it is.
pub(crate) fn thousands(count: f64) -> String {
    if count >= 10_000.0 { format!("{:.0}k", count / 1e3) } else { format!("{count:.0}") }
}
