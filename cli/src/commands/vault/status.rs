use std::io::Write;

use clap::Args;
use runlog::vault::{KeptIn, VaultInfo, VaultState};
use serde_json::json;

use crate::context::{Context, shown};
use crate::error::Error;
use crate::text::plain::plain;

/// Show whether this history belongs to a vault, and how its secret is kept
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let (state, info) = match runlog.vault_state()? {
            VaultState::None => ("none", None),
            VaultState::Locked(info) => ("locked", Some(info)),
            VaultState::Unlocked(info, _) => ("unlocked", Some(info)),
        };
        let mut out = context.out();
        if self.json {
            let object = json!({
                "state": state,
                "vault": info.as_ref().map(|info| info.id.to_string()),
                "name": info.as_ref().map(|info| &info.name),
                "kept_in": info.as_ref().map(|info| info.kept_in),
                "path": info.as_ref().map(|info| shown(&info.path).to_string()),
            });
            writeln!(out, "{object}")?;
        } else {
            match info {
                None => {
                    writeln!(out, "This history belongs to no vault: it stays on this device.")?
                }
                Some(info) => print(&mut out, &info, state)?,
            }
        }
        Ok(out.flush()?)
    }
}

fn print(out: &mut impl Write, info: &VaultInfo, state: &str) -> Result<(), Error> {
    let kept = match info.kept_in {
        Some(KeptIn::Passphrase) => "wrapped by a passphrase",
        Some(KeptIn::KeyRing) => "in the system's key ring",
        Some(KeptIn::File) => "UNPROTECTED in a file",
        _ => "gone: `runlog vault join` brings it back by the recovery phrase",
    };
    writeln!(out, "Vault   {} ({})", plain(&info.name), info.id)?;
    writeln!(out, "State   {state}")?;
    writeln!(out, "Secret  {kept}")?;
    Ok(writeln!(out, "File    {}", shown(&info.path))?)
}
