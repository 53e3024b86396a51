//! A history of its own for each test, and a client that checks every answer against its schema.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use jsonschema::Validator;
use rmcp::model::{CallToolRequestParams, CallToolResult, ContentBlock, ProtocolVersion, Tool};
use rmcp::service::RunningService;
use rmcp::transport::TokioChildProcess;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use runlog::Runlog;
use runlog::id::ExecutionId;
use runlog::query::ListQuery;
use serde_json::Value as Json;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_runlog");

/// A directory that is the home of a history.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.0.path().join("history")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory().join("history.db")
    }

    pub(crate) fn open(&self) -> Runlog {
        Runlog::open(self.database()).unwrap()
    }

    /// Runs the program to its end.
    pub(crate) fn runlog(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env("RUNLOG_HOME", self.directory()).env_remove("RUNLOG_LOG");
        command.output().unwrap()
    }

    /// Records a line of shell under a workflow, and gives its id.
    pub(crate) fn record(&self, workflow: &str, script: &str) -> ExecutionId {
        let output = self.runlog(&["run", "--workflow", workflow, "--", "sh", "-c", script]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("warning: "), "it was not recorded: {stderr}");
        self.open().list(&ListQuery::newest(1)).unwrap().executions[0].id
    }
}

/// A client of a server of its own.
pub(crate) struct Assistant {
    client: RunningService<RoleClient, ()>,
    pub(crate) tools: Vec<Tool>,
    schemas: HashMap<String, Schemas>,
}

struct Schemas {
    input: Validator,
    output: Validator,
}

impl Assistant {
    /// Starts a server and greets it.
    pub(crate) async fn start(home: &Home) -> Self {
        Self::start_with(home, ClientLifecycleMode::Initialize).await
    }

    /// Starts a server and talks to it as the protocol is without a greeting.
    pub(crate) async fn start_without_greeting(home: &Home) -> Self {
        let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
        Self::start_with(home, ClientLifecycleMode::Discover { preferred_versions }).await
    }

    async fn start_with(home: &Home, lifecycle: ClientLifecycleMode) -> Self {
        let mut command = tokio::process::Command::new(PROGRAM);
        command.arg("mcp").env("RUNLOG_HOME", home.directory()).env_remove("RUNLOG_LOG");
        let transport = TokioChildProcess::new(command).unwrap();
        let client = ().serve_with_lifecycle(transport, lifecycle).await.unwrap();
        let tools = client.list_all_tools().await.unwrap();
        let schemas = tools.iter().map(|tool| (tool.name.to_string(), Schemas::of(tool)));
        Self { schemas: schemas.collect(), tools, client }
    }

    /// What a tool answers, which must be as its schema says.
    pub(crate) async fn ask(&self, tool: &str, arguments: Json) -> Json {
        let schemas = &self.schemas[tool];
        assert!(schemas.input.is_valid(&arguments), "{tool} takes no {arguments}");
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(false), "{result:?}");
        let answer = result.structured_content.expect("tools give structured content");
        let problems: Vec<_> = schemas.output.iter_errors(&answer).map(|e| e.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?} in {answer:#}");
        let text: Json = serde_json::from_str(&text(&result.content)).unwrap();
        assert_eq!(text, answer, "clients that know no structured content get the same");
        answer
    }

    /// What a tool says about a request that has no answer.
    pub(crate) async fn refused(&self, tool: &str, arguments: Json) -> String {
        let result = self.call(tool, arguments).await;
        assert_eq!(result.is_error, Some(true), "{result:?}");
        assert_eq!(result.structured_content, None);
        text(&result.content)
    }

    /// Whether arguments fit the schema of a tool.
    pub(crate) fn admits(&self, tool: &str, arguments: &Json) -> bool {
        self.schemas[tool].input.is_valid(arguments)
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Json) -> CallToolResult {
        self.try_call(tool, arguments).await.expect("a tool fails within its result")
    }

    pub(crate) async fn try_call(
        &self,
        tool: &str,
        arguments: Json,
    ) -> Result<CallToolResult, rmcp::ServiceError> {
        let Json::Object(arguments) = arguments else { panic!("arguments are an object") };
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        self.client.call_tool(request).await
    }

    pub(crate) async fn stop(self) {
        self.client.cancel().await.unwrap();
    }
}

impl Schemas {
    fn of(tool: &Tool) -> Self {
        let validator = |schema: &rmcp::model::JsonObject| {
            jsonschema::draft202012::new(&Json::Object(schema.clone())).unwrap()
        };
        Self {
            input: validator(&tool.input_schema),
            output: validator(tool.output_schema.as_ref().expect("an output schema")),
        }
    }
}

fn text(content: &[ContentBlock]) -> String {
    let texts: Vec<_> = content.iter().filter_map(|block| block.as_text()).collect();
    assert_eq!((texts.len(), content.len()), (1, 1), "{content:?}");
    texts[0].text.clone()
}
