//! Secrets do not reach the file: neither by the recorder nor by an import.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::ops::ControlFlow;
use std::path::Path;

use runlog::id::ExecutionId;
use runlog::log::{LogEntry, LogFilter, LogRange};
use runlog::model::{Attributes, Kind, Params};
use runlog::{Masking, NewRun, Options, Runlog};
use rusqlite::Connection;

/// What must not be found. Put together, so that nobody who looks for leaked tokens finds it here.
fn secret() -> String {
    ["gh", "p_", "k3Jx9QpZ7mW2vB8sT4nL6yR1", "a5Dc0FgH4uEo"].concat()
}

const WORD: &str = "correct-horse-battery";

/// Every byte of the database, what waits in its log included.
fn bytes_of(runlog: Runlog, directory: &Path) -> Vec<u8> {
    runlog.with_store(|store| {
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        store.connection().query_row(checkpoint, [], |_| Ok(())).unwrap();
    });
    drop(runlog);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let ours = files.filter(|path| path.is_file() && path.to_string_lossy().contains("history.db"));
    ours.flat_map(|path| std::fs::read(path).unwrap()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn log_of(runlog: &Runlog, id: ExecutionId) -> Vec<String> {
    let mut texts = Vec::new();
    let read = runlog.read(|history| {
        history.log(id, LogRange::ALL, &LogFilter::default(), &mut |entry| {
            if let LogEntry::Line(_, line) = entry {
                texts.push(String::from_utf8_lossy(line.bytes).into_owned());
            }
            ControlFlow::Continue(())
        })
    });
    read.unwrap();
    texts
}

/// Records a secret everywhere where there is room for one.
fn record(runlog: &Runlog) -> ExecutionId {
    let recorder = runlog.recorder().unwrap();
    let argv = ["deploy", "--password", WORD, &secret()].map(str::to_owned);
    let mut new = NewRun::new(Kind::Command, "deploy").unwrap().argv(argv.to_vec());
    new = new.param("api_key", WORD).unwrap().param("of", secret()).unwrap().name(secret());
    let execution = new.execution_mut();
    execution.note = Some(format!("password: {WORD}"));
    execution.compiled_prompt = Some(format!("use {} to log in", secret()));
    execution.attributes.set("nested", serde_json::json!({"token": [WORD], "text": secret()}));
    let run = recorder.start(new).unwrap();
    run.stdout(format!("DB_PASSWORD={WORD}\nplain line\nat {}\n", secret()));
    run.event(&serde_json::json!({"type": "login", "secret": WORD, "with": secret()})).unwrap();
    run.flush().unwrap();
    let mut params = Params::new();
    params.set("client_secret", WORD).unwrap();
    run.set_params(params);
    let mut attributes = Attributes::new();
    attributes.set("url", format!("https://ada:{WORD}@example.com"));
    run.set_attributes(attributes);
    let id = run.id();
    run.finish_completed().unwrap();
    id
}

#[test]
fn what_is_recorded_holds_no_secret_in_any_byte() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = Runlog::open(directory.path().join("history.db")).unwrap();
    let id = record(&runlog);
    let run = runlog.get(id).unwrap().unwrap();
    let masked = ["deploy", "--password", "[masked: password]", "[masked: github token]"];
    assert_eq!(run.summary.argv, masked);
    assert_eq!(run.params.get("client_secret"), Some("[masked: secret]"));
    assert_eq!(
        log_of(&runlog, id),
        [
            "DB_PASSWORD=[masked: password]",
            "plain line",
            "at [masked: github token]",
            r#"{"secret":"[masked: secret]","type":"login","with":"[masked: github token]"}"#,
        ]
    );
    let bytes = bytes_of(runlog, directory.path());
    assert!(!holds(&bytes, &secret()[8..20]) && !holds(&bytes, WORD));
    assert!(holds(&bytes, "[masked: password]"));
}

#[test]
fn it_can_be_switched_off_and_patterns_added() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let mut options = Options::default();
    options.masking = Masking::Off;
    let runlog = Runlog::open_with(&path, options).unwrap();
    let id = record(&runlog);
    assert_eq!(log_of(&runlog, id)[0], format!("DB_PASSWORD={WORD}"));
    drop(runlog);
    let mut options = Options::default();
    options.masking = Masking::On { patterns: vec!["(?i)PLAIN".parse().unwrap()] };
    let runlog = Runlog::open_with(&path, options).unwrap();
    let id = record(&runlog);
    assert_eq!(log_of(&runlog, id)[1], "[masked: pattern] line");
}

#[test]
fn what_is_imported_is_masked_alike_on_every_device() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source.db");
    let id = "0b5e7a10-0000-4000-8000-000000000001";
    let fill = format!(
        "CREATE TABLE executions (id, workflow_id, start_time, status);
         CREATE TABLE execution_params (execution_id, param_name, param_value);
         CREATE TABLE execution_logs (execution_id, sequence, timestamp, log_type, log_data);
         INSERT INTO executions VALUES ('{id}', 'w', 1700000000, 'Completed');
         INSERT INTO execution_params VALUES ('{id}', 'password', '{WORD}');
         INSERT INTO execution_logs VALUES ('{id}', 1, 1, 'RawOutput', 'got {}');",
        secret()
    );
    Connection::open(&source).unwrap().execute_batch(&fill).unwrap();
    let id: ExecutionId = id.parse().unwrap();
    let mut rows = Vec::new();
    for device in ["one", "two"] {
        let home = directory.path().join(device);
        let runlog = Runlog::open(home.join("history.db")).unwrap();
        let report = runlog.import_file(&source).unwrap();
        assert_eq!((report.executions_added, report.log_lines_added), (1, 1));
        assert_eq!(log_of(&runlog, id), ["got [masked: github token]"]);
        let run = runlog.get(id).unwrap().unwrap();
        assert_eq!(run.params.get("password"), Some("[masked: password]"));
        assert_eq!(runlog.import_file(&source).unwrap().executions_known, 1);
        let key = runlog_core::schema::RowKey::Execution(id);
        let row = runlog.read(|history| Ok(history.tx().row(&key, key.table().all_columns())?));
        rows.push(format!("{:?}", row.unwrap()));
        let bytes = bytes_of(runlog, &home);
        assert!(!holds(&bytes, &secret()[8..20]) && !holds(&bytes, WORD));
    }
    assert_eq!(rows[0], rows[1]);
}
