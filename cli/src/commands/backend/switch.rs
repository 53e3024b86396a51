use clap::Args;

use crate::context::{Context, say};
use crate::error::Error;

/// Sync with a backend again: what changed meanwhile was waiting for it
#[derive(Debug, Args)]
pub(super) struct Enable {
    #[command(flatten)]
    which: Which,
}

/// Stop syncing with a backend, without forgetting how far it is
#[derive(Debug, Args)]
pub(super) struct Disable {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// Its name, as `backend list` prints it
    name: String,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Enable {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        self.which.switch(context, true)
    }
}

impl Disable {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        self.which.switch(context, false)
    }
}

impl Which {
    fn switch(self, context: &Context, enabled: bool) -> Result<(), Error> {
        let runlog = context.open()?;
        let backend = runlog.backend_named(&self.name)?;
        runlog.set_backend_enabled(backend.id, enabled)?;
        if self.json {
            let object = serde_json::json!({ "name": backend.name, "enabled": enabled });
            return super::super::print_json(context, &object);
        }
        let state = if enabled { "on" } else { "off" };
        say(format_args!("the backend '{}' is switched {state}", backend.name));
        Ok(())
    }
}
