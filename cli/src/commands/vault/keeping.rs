//! How this device keeps a vault's secret, as told on the command line.

use clap::{Args, ValueEnum};
use runlog::vault::Keeping;
use zeroize::Zeroizing;

use crate::context::warn;
use crate::error::Error;
use crate::secrets::Passphrase;

#[derive(Debug, Args)]
pub(super) struct KeepArgs {
    /// How this device keeps the vault's secret: wrapped by a passphrase that is asked for at each
    /// use, in the system's key ring, or as it is in a file that only this user can read
    #[arg(long, value_name = "WAY", default_value = "passphrase")]
    keep: Way,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    Passphrase,
    KeyRing,
    File,
}

/// A way of keeping with what it needs.
pub(super) enum Kept {
    Passphrase(Zeroizing<String>),
    KeyRing,
    File,
}

impl KeepArgs {
    /// Obtains what the chosen way needs, and says what it means.
    pub(super) fn read(&self) -> Result<Kept, Error> {
        match self.keep {
            Way::Passphrase => Ok(Kept::Passphrase(self.passphrase.new_one()?)),
            Way::KeyRing => {
                if cfg!(target_os = "linux") {
                    warn(
                        "the kernel's key ring is empty after a restart, and forgets what nobody \
                         used for three days: `runlog vault join` brings the secret back by the \
                         recovery phrase",
                    );
                }
                Ok(Kept::KeyRing)
            }
            Way::File => {
                warn(
                    "THE SECRET WILL LIE UNPROTECTED IN A FILE: whoever reads that file, or a \
                     backup of it, reads the history of every device of the vault",
                );
                Ok(Kept::File)
            }
        }
    }
}

impl Kept {
    pub(super) fn keeping(&self) -> Keeping<'_> {
        match self {
            Self::Passphrase(passphrase) => Keeping::Passphrase(passphrase),
            Self::KeyRing => Keeping::KeyRing,
            Self::File => Keeping::File,
        }
    }
}
