use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use crate::context::Context;
use crate::error::Error;

/// Print a completion script for a shell
///
///   runlog completions bash > ~/.local/share/bash-completion/completions/runlog
///   runlog completions zsh > ~/.zfunc/_runlog
///   runlog completions fish > ~/.config/fish/completions/runlog.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::app::definition(), "runlog", &mut script);
        let mut out = context.raw_out();
        out.write_all(&script)?;
        Ok(out.flush()?)
    }
}
