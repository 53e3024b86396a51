use clap::Args;

use crate::context::{Context, say};
use crate::error::Error;

/// Remove a backend: what is there stays there, what waits for others goes on waiting
#[derive(Debug, Args)]
pub(super) struct Remove {
    /// Its name, as `backend list` prints it
    name: String,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Remove {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let backend = runlog.backend_named(&self.name)?;
        runlog.remove_backend(backend.id)?;
        if self.json {
            return super::super::print_json(context, &serde_json::json!({ "name": backend.name }));
        }
        say(format_args!("removed the backend '{}'", backend.name));
        Ok(())
    }
}
