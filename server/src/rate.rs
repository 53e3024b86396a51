//! How often a device or an address may ask: a token bucket for each.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use runlog_core::time::Timestamp;

/// Buckets by who asks.
pub(crate) struct Rate<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Timestamp,
}

/// More than this many buckets are not kept: full ones go first.
const BUCKETS_MAX: usize = 100_000;

impl<K: Eq + Hash> Rate<K> {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            per_second: f64::from(per_second.max(1)),
            burst: f64::from(burst.max(1)),
            buckets: Mutex::default(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// Where there were too many, how long to wait, in milliseconds.
    pub(crate) fn take(&self, who: K, now: Timestamp) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&who) {
            buckets.retain(|_, bucket| self.filled(bucket, now) < self.burst);
            if buckets.len() >= BUCKETS_MAX {
                return Err(1000);
            }
        }
        let bucket = buckets.entry(who).or_insert(Bucket { left: self.burst, at: now });
        *bucket = Bucket { left: self.filled(bucket, now), at: bucket.at.max(now) };
        if bucket.left < 1.0 {
            return Err(((1.0 - bucket.left) / self.per_second * 1000.0).ceil() as u32);
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn filled(&self, bucket: &Bucket, now: Timestamp) -> f64 {
        let seconds = now.millis_since(bucket.at) as f64 / 1000.0;
        (bucket.left + seconds * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rate = Rate::new(2, 3);
        let at = Timestamp::from_millis;
        for _ in 0..3 {
            assert_eq!(rate.take("a", at(0)), Ok(()));
        }
        assert_eq!(rate.take("a", at(0)), Err(500));
        assert_eq!(rate.take("b", at(0)), Ok(()));
        assert_eq!(rate.take("a", at(250)), Err(250));
        assert_eq!(rate.take("a", at(500)), Ok(()));
        // A clock that is set back fills nothing.
        assert!(rate.take("a", at(100)).is_err());
    }
}
