use clap::Args;

use crate::context::Context;
use crate::error::Error;

/// Serve an assistant over stdio: the Model Context Protocol
///
/// An assistant starts this program itself; see docs/mcp.md for how to register it. It can list
/// executions, ask for their status and read their logs. It can change nothing.
///
///   {"mcpServers": {"runlog": {"command": "runlog", "args": ["mcp"]}}}
///
/// Standard output carries the protocol and nothing else; the server ends when standard input does.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Mcp {}

impl Mcp {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        crate::mcp::serve(context.database()?)
    }
}
