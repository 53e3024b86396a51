//! How much a step takes on at once, where its driver serves others between two steps.

/// Fewest bytes of records that are asked for or handed over at once.
const BYTES_MIN: u32 = 16 << 10;
/// Most.
const BYTES_MAX: u32 = 1 << 20;
/// Where it begins.
const BYTES_FIRST: u32 = 64 << 10;

/// Learns from how long steps take how many bytes of records make one of the length that is aimed at:
/// a page is merged in one transaction, so nobody is served until it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    step_ms: u32,
    bytes: u32,
    /// The longest step since the last request.
    longest: f64,
}

impl Pace {
    pub(super) const fn new(step_ms: u32) -> Self {
        Self { step_ms, bytes: BYTES_FIRST, longest: 0.0 }
    }

    /// A step took so many milliseconds.
    pub(super) fn took(&mut self, millis: f64) {
        self.longest = self.longest.max(millis);
    }

    /// How many bytes the next request is to be about. It grows in small bounds, as one short step
    /// says little, and shrinks at once.
    pub(super) fn next_bytes(&mut self) -> u32 {
        let longest = std::mem::take(&mut self.longest);
        if longest > 0.0 {
            let factor = (f64::from(self.step_ms) / longest).min(1.5);
            let bytes = f64::from(self.bytes) * factor;
            self.bytes = (bytes as u32).clamp(BYTES_MIN, BYTES_MAX);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of a machine that merges a kilobyte in so many milliseconds.
    fn settled(ms_per_kib: f64) -> u32 {
        let mut pace = Pace::new(30);
        for _ in 0..50 {
            let bytes = pace.next_bytes();
            pace.took(f64::from(bytes) / 1024.0 * ms_per_kib);
        }
        pace.next_bytes()
    }

    #[test]
    fn a_step_comes_to_take_what_is_aimed_at() {
        let about = |kib: u32| (kib - 1) * 1024..=(kib + 1) * 1024;
        assert!(about(300).contains(&settled(0.1)));
        assert!(about(50).contains(&settled(0.6)));
        assert_eq!(settled(0.001), BYTES_MAX);
        assert_eq!(settled(30.0), BYTES_MIN);
    }

    #[test]
    fn what_took_no_time_says_nothing() {
        let mut pace = Pace::new(30);
        assert_eq!([pace.next_bytes(), pace.next_bytes()], [BYTES_FIRST; 2]);
    }
}
