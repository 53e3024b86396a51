//! Making guesses expensive: Argon2id (RFC 9106).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

/// How much memory and work one guess at a passphrase costs.
///
/// The default is the second recommended option of RFC 9106 (section 4): 64 MiB, 3 passes, 4 lanes;
/// more than the minimum that OWASP asks for. It takes a fraction of a second natively and about a
/// second in a browser. The limits let nobody's stored parameters take more than 256 MiB of memory
/// or more than about ten times the default's work.
///
/// ```
/// use runlog_core::crypto::StretchParams;
///
/// let weaker = StretchParams::new(19 * 1024, 2, 1)?; // For a device with little memory.
/// assert!(weaker.memory_kib() < StretchParams::default().memory_kib());
/// assert!(StretchParams::new(u32::MAX, 1, 1).is_err());
/// # Ok::<(), runlog_core::crypto::InvalidStretchParams>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StretchParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The parameters are out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Argon2id with {memory_kib} KiB, {passes} passes and {lanes} lanes is out of bounds: at most \
     {} KiB, {} lanes and {} KiB times passes, at least 8 KiB a lane and one pass",
    StretchParams::MEMORY_KIB_MAX,
    StretchParams::LANES_MAX,
    StretchParams::WORK_KIB_MAX
)]
pub struct InvalidStretchParams {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl StretchParams {
    /// Most memory, in KiB: 256 MiB.
    pub const MEMORY_KIB_MAX: u32 = 256 << 10;
    /// Most lanes.
    pub const LANES_MAX: u32 = 16;
    /// Most memory times passes, in KiB: 2 GiB, some seconds of work.
    pub const WORK_KIB_MAX: u64 = 2 << 20;

    /// Length of the stored form in bytes.
    pub(super) const WIRE_LEN: usize = 12;

    /// What pairing uses: as both sides must agree on it, a change needs a new version of pairing.
    pub(super) const PAIRING: Self = Self { memory_kib: 64 << 10, passes: 3, lanes: 4 };

    /// Memory in KiB, passes over it, and lanes that can be filled side by side.
    ///
    /// # Errors
    /// [`InvalidStretchParams`] where they are above a limit, or below what Argon2 can do.
    pub const fn new(
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    ) -> Result<Self, InvalidStretchParams> {
        let fits = lanes >= 1
            && lanes <= Self::LANES_MAX
            && memory_kib >= 8 * lanes
            && memory_kib <= Self::MEMORY_KIB_MAX
            && passes >= 1
            && memory_kib as u64 * passes as u64 <= Self::WORK_KIB_MAX;
        if fits {
            Ok(Self { memory_kib, passes, lanes })
        } else {
            Err(InvalidStretchParams { memory_kib, passes, lanes })
        }
    }

    /// Memory in KiB.
    pub const fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Three big-endian numbers: memory in KiB, passes, lanes.
    pub(super) fn to_wire(self) -> [u8; Self::WIRE_LEN] {
        let mut wire = [0; Self::WIRE_LEN];
        for (field, number) in wire.chunks_mut(4).zip([self.memory_kib, self.passes, self.lanes]) {
            field.copy_from_slice(&number.to_be_bytes());
        }
        wire
    }

    pub(super) fn from_wire(wire: [u8; Self::WIRE_LEN]) -> Result<Self, InvalidStretchParams> {
        let number =
            |at: usize| u32::from_be_bytes([wire[at], wire[at + 1], wire[at + 2], wire[at + 3]]);
        Self::new(number(0), number(4), number(8))
    }
}

impl Default for StretchParams {
    fn default() -> Self {
        Self { memory_kib: 64 << 10, passes: 3, lanes: 4 }
    }
}

/// There is not enough memory for the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not enough memory: {memory_kib} KiB are needed to make a key of the passphrase or code")]
pub struct OutOfMemory {
    /// Memory needed, in KiB.
    pub memory_kib: u32,
}

/// A key of 32 bytes from something short. The memory that it was made in is wiped.
pub(super) fn stretch(
    short: &[u8],
    salt: &[u8; 16],
    params: StretchParams,
) -> Result<Zeroizing<[u8; 32]>, OutOfMemory> {
    let StretchParams { memory_kib, passes, lanes } = params;
    let argon2_params = Params::new(memory_kib, passes, lanes, Some(32))
        .expect("the limits of StretchParams lie within those of Argon2");
    let count = argon2_params.block_count();
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(count).map_err(|_| OutOfMemory { memory_kib })?;
    blocks.resize(count, Block::new());
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, argon2_params)
        .hash_password_into_with_memory(short, salt, &mut *key, &mut blocks)
        .expect("a passphrase is below 4 GiB, and the other lengths are fixed");
    blocks.iter_mut().for_each(Zeroize::zeroize);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_parameters_are_refused_and_the_default_is_not() {
        let default = StretchParams::default();
        assert_eq!(StretchParams::from_wire(default.to_wire()), Ok(default));
        assert_eq!(StretchParams::new(64 << 10, 3, 4), Ok(default));
        let absurd = [
            (u32::MAX, 1, 1),
            ((256 << 10) + 1, 1, 1),
            (8, u32::MAX, 1),
            (256 << 10, 9, 4),
            (64 << 10, 3, 17),
            (8, 0, 1),
            (8, 1, 0),
            (31, 1, 4),
        ];
        for (memory_kib, passes, lanes) in absurd {
            let refused = StretchParams::new(memory_kib, passes, lanes);
            assert!(refused.is_err(), "{memory_kib} {passes} {lanes}");
        }
    }
}
