use clap::Args;

use crate::commands::print_json;
use crate::context::{Context, say};
use crate::error::Error;

/// Switch syncing on again
#[derive(Debug, Args)]
pub(super) struct On {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Switch all syncing off, whatever else is told; each backend keeps its own switch
#[derive(Debug, Args)]
pub(super) struct Off {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl On {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        switch(context, true, self.json)
    }
}

impl Off {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        switch(context, false, self.json)
    }
}

fn switch(context: &Context, on: bool, json: bool) -> Result<(), Error> {
    context.open()?.set_sync_on(on)?;
    if json {
        return print_json(context, &serde_json::json!({ "sync_on": on }));
    }
    say(format_args!("syncing is switched {}", if on { "on" } else { "off" }));
    Ok(())
}
