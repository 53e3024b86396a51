//! The server of the Model Context Protocol behind `runlog mcp`: an assistant asks, over standard
//! input and output, what was executed and what it printed.
//!
//! | module | holds |
//! |---|---|
//! | `server` | the protocol: which tools there are, and calling them |
//! | `history` | the database, opened anew for each call |
//! | `executions`, `status`, `logs`, `sync_status`, `sync_history` | the tools, a file each: input, output, what it does |
//! | `page` | which lines of a log fit into an answer |
//! | `schema` | JSON schemas of the types of the history |
//! | `error` | what a tool tells an assistant that asked for something it cannot have |
//!
//! Invariant: no tool changes an execution, and none makes a history where there is none.
//!
//! Invariant: what an assistant can do better by asking differently is the result of a tool, marked
//! as an error. A protocol error means that the client speaks wrongly.

mod error;
mod executions;
mod history;
mod logs;
mod page;
mod schema;
mod server;
mod status;
mod sync_history;
mod sync_status;

pub(crate) use server::serve;
