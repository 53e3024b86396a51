//! The protocol: which tools there are, and calling them.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
    Implementation, JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::ToolError;
use super::history::History;
use super::{executions, logs, status, sync_history, sync_status};
use crate::error::{Error, ErrorKind};

const INSTRUCTIONS: &str = "\
Runlog keeps the history of what was executed on this machine: workflow runs, commands, jobs and \
prompts, with their logs and outcome, also from before a restart. Begin with \
list_execution_history, ask get_status how an execution ended, and read what it printed with \
get_logs, from the end of the log where something failed. All tools only read.";

/// Serves until standard input ends.
pub(crate) fn serve(database: PathBuf) -> Result<(), Error> {
    // One thread waits for messages; whatever waits for the disk runs on threads for blocking work.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| failed(&error))?;
    let served = runtime.block_on(async {
        let server = Server { history: Arc::new(History::new(database)) };
        match server.serve(rmcp::transport::stdio()).await {
            Ok(running) => running.waiting().await.map(drop).map_err(|error| failed(&error)),
            // Nobody asked anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    });
    // Where the server ended before its input did, a thread still waits for the next message.
    runtime.shutdown_background();
    served
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Failed, format!("the MCP server has stopped: {error}"))
}

#[derive(Clone, Debug)]
struct Server {
    history: Arc<History>,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let info = Implementation::new("runlog", env!("CARGO_PKG_VERSION")).with_title("Runlog");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(info)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut listed = ListToolsResult::with_all_items(tools());
        let version = context.protocol_version();
        if version.is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
            listed = listed.with_ttl_ms(0).with_cache_scope(CacheScope::Public);
        }
        Ok(listed)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let history = Arc::clone(&self.history);
        let work = move || match request.name.as_ref() {
            LIST => Ok(answer(LIST, arguments, |input| executions::list(&history, input))),
            STATUS => Ok(answer(STATUS, arguments, |input| status::get(&history, &input))),
            LOGS => Ok(answer(LOGS, arguments, |input| logs::get(&history, &input))),
            SYNC_STATUS => {
                Ok(answer(SYNC_STATUS, arguments, |input| sync_status::get(&history, input)))
            }
            SYNC_HISTORY => {
                Ok(answer(SYNC_HISTORY, arguments, |input| sync_history::list(&history, input)))
            }
            name => {
                let names = [LIST, STATUS, LOGS, SYNC_STATUS, SYNC_HISTORY].join(", ");
                let message = format!("unknown tool '{name}'; there are {names}");
                Err(ErrorData::invalid_params(message, None))
            }
        };
        let done = tokio::task::spawn_blocking(work).await;
        let result = done.map_err(|error| ErrorData::internal_error(error.to_string(), None))??;
        Ok(result.into())
    }
}

const LIST: &str = "list_execution_history";
const STATUS: &str = "get_status";
const LOGS: &str = "get_logs";
const SYNC_STATUS: &str = "get_sync_status";
const SYNC_HISTORY: &str = "get_sync_history";

/// The tools, in the order in which one begins to use them.
fn tools() -> Vec<Tool> {
    vec![
        tool::<executions::Input, executions::Output>(
            LIST,
            "List execution history",
            "List what was executed, newest first: workflow runs, commands, jobs and prompts, \
             finished or still running, also from before a restart. Gives the handle_id that \
             get_status and get_logs need. Pages by limit and offset.",
        ),
        tool::<status::Input, status::Output>(
            STATUS,
            "Get status of an execution",
            "Tell where one execution is in its life: running, or how and when it ended, with its \
             exit code or the signal that ended it, and how many lines its log has.",
        ),
        tool::<logs::Input, logs::Output>(
            LOGS,
            "Get logs of an execution",
            "Read what one execution printed, and its structured events. Without further arguments \
             the last 100 lines; otherwise the last lines (last), a range by sequence (from, to), \
             or the lines around one (around, context). Where max_bytes ends the answer early, \
             truncated is true and next_seq says where to go on.",
        ),
        tool::<sync_status::Input, sync_status::Output>(
            SYNC_STATUS,
            "Get status of syncing",
            "Tell whether this device is up to date with the places that it syncs with, and if \
             not, since when and why: what waits, what was refused, what cannot be applied, and \
             which of them was not heard from.",
        ),
        tool::<sync_history::Input, sync_history::Output>(
            SYNC_HISTORY,
            "Get history of syncing",
            "List the runs of syncing, newest first: with which backend, how each ended, what it \
             moved, and what went wrong. Pages by limit and offset.",
        ),
    ]
}

fn tool<I: JsonSchema + 'static, O: JsonSchema + 'static>(
    name: &'static str,
    title: &str,
    description: &'static str,
) -> Tool {
    let annotations = ToolAnnotations::new()
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    // The inputs are structs, which have schemas of objects.
    let input = schema_for_input::<I>().unwrap_or_default();
    Tool::new_with_raw(name, Some(Cow::Borrowed(description)), input)
        .with_title(title)
        .with_raw_output_schema(schema_for_output::<O>())
        .with_annotations(annotations)
}

/// Reads the arguments, does the work, and puts down what came of it as the protocol wants it.
fn answer<I: DeserializeOwned, O: Serialize>(
    tool: &str,
    arguments: JsonObject,
    work: impl FnOnce(I) -> Result<O, ToolError>,
) -> CallToolResult {
    let output = serde_json::from_value(Json::Object(arguments))
        .map_err(|error| ToolError::arguments(tool, &error))
        .and_then(work);
    match output.map(|output| serde_json::to_value(output)) {
        Ok(Ok(output)) => CallToolResult::structured(output),
        Ok(Err(error)) => refused(&error),
        Err(error) => refused(&error),
    }
}

fn refused(error: &dyn std::fmt::Display) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(error.to_string())])
}
