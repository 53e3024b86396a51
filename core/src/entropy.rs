//! The randomness that is handed in: this crate draws none of its own.

/// A source of random bytes that nobody can predict.
///
/// Natively and in the browser it is the operating system's generator. A seeded one belongs into
/// tests alone: keys and nonces come from here. Every `FnMut(&mut [u8])` is one.
///
/// ```
/// use runlog_core::entropy::Entropy;
///
/// // A test's source: never use such a thing for a real vault.
/// let mut next = 0u8;
/// let mut counting = |bytes: &mut [u8]| {
///     bytes.fill_with(|| {
///         next = next.wrapping_add(1);
///         next
///     });
/// };
/// let entropy: &mut dyn Entropy = &mut counting;
/// assert_eq!(entropy.array::<3>(), [1, 2, 3]);
/// assert_eq!(entropy.array::<2>(), [4, 5]);
/// ```
pub trait Entropy {
    /// Overwrites all of `bytes` with random bytes.
    ///
    /// A source that fails must not return: a half-filled buffer would become a key.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

impl dyn Entropy + '_ {
    /// `N` random bytes, for a nonce or a salt.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// `N` random bytes of a source, as [`Entropy`]'s own `array`, for where the source has a type.
pub fn random<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    entropy.array()
}
