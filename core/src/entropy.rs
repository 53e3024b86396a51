//! Randomness, handed in.

/// Where random bytes come from: the operating system natively, the browser in a page, a seed in a
/// simulation.
pub trait Entropy {
    /// Fills the slice with bytes that nobody can predict.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<E: Entropy + ?Sized> Entropy for &mut E {
    fn fill(&mut self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

/// Random bytes as an array.
///
/// ```
/// use runlog_core::entropy::{Entropy, random};
///
/// struct Counting(u8);
///
/// impl Entropy for Counting {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.iter_mut().for_each(|byte| {
///             *byte = self.0;
///             self.0 += 1;
///         });
///     }
/// }
///
/// assert_eq!(random::<3>(&mut Counting(1)), [1, 2, 3]);
/// ```
pub fn random<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
