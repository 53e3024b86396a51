use clap::Args;

use crate::context::Context;
use crate::error::Error;

/// Serve an assistant over stdio: the Model Context Protocol
///
///   runlog mcp
///   {"mcpServers": {"runlog": {"command": "runlog", "args": ["mcp"]}}}
///
/// An assistant starts this by itself where it is registered as above; see docs/mcp.md. It can list
/// executions, ask how they ended and read their logs. It can change nothing.
///
/// Standard output carries the protocol and nothing else. The server ends when its input does.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Mcp {}

impl Mcp {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        crate::mcp::serve(context.database()?)
    }
}
