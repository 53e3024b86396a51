use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::Args;
use runlog::id::DeviceId;
use runlog::model::Status;
use runlog::query::{Filter, ListQuery};
use runlog::{Masking, Runlog};
use runlog_sqlite::{FindingKind, SCHEMA_VERSION};
use serde::Serialize;

use crate::context::{Context, shown};
use crate::error::{Error, ErrorKind};
use crate::text::size::bytes;

/// Check the history: where it is, how large, whether it is whole
///
///   runlog doctor
///
/// Reads the whole database: its pages, its schema, its rows, and what is derived from them. Looks
/// at the permissions of the files, and at what processes that died have left behind. Changes
/// nothing, and leaves with 1 where something is wrong and 4 where the database cannot be opened.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Doctor {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// What was found out.
#[derive(Debug, Serialize)]
struct Report {
    healthy: bool,
    program_version: &'static str,
    database: String,
    /// The rest is known only where the database could be opened.
    #[serde(flatten)]
    history: Option<History>,
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
struct History {
    schema_version: u32,
    device_id: DeviceId,
    /// `None` where the database is too damaged to count them.
    executions: Option<Counts>,
    bytes: Sizes,
    /// Processes that are recording.
    recorders: usize,
    masking: MaskingReport,
}

/// How `run` and `import` mask what they write.
#[derive(Clone, Copy, Debug, Serialize)]
struct MaskingReport {
    on: bool,
    /// Patterns of the user.
    patterns: usize,
}

impl std::fmt::Display for MaskingReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.on, self.patterns) {
            (false, _) => f.write_str("off: secrets are recorded as they are"),
            (true, 0) => f.write_str("on"),
            (true, count) => write!(f, "on, with {count} patterns of yours"),
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Counts {
    live: u64,
    trash: u64,
    /// Parts of executions of which the rest has not arrived.
    hidden: u64,
    running: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sizes {
    database: u64,
    wal: u64,
    backups: u64,
}

#[derive(Debug, Serialize)]
struct Finding {
    kind: &'static str,
    detail: String,
    hint: Option<String>,
}

/// What helps against a damaged file.
const RESTORE: &str = "restore a backup, or move the file away to begin anew";
const PROBLEM: Style = AnsiColor::Red.on_default().bold();
const FINE: Style = AnsiColor::Green.on_default();

impl Doctor {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let path = context.database()?;
        let (report, code) = match context.open() {
            Ok(runlog) => {
                let report = examined(context, &runlog, &path)?;
                let code = if report.healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE };
                (report, code)
            }
            Err(error) => (unopened(&path, &error), error.code()),
        };
        let mut out = context.out();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &report).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            print(&report, &mut out)?;
        }
        out.flush()?;
        Ok(code)
    }
}

impl Report {
    fn new(path: &Path, history: Option<History>, findings: Vec<Finding>) -> Self {
        let program_version = env!("CARGO_PKG_VERSION");
        let database = path.display().to_string();
        Self { healthy: findings.is_empty(), program_version, database, history, findings }
    }
}

fn unopened(path: &Path, error: &Error) -> Report {
    let hint = error.hint_text().map(str::to_owned);
    let finding = Finding { kind: "open", detail: error.message().to_owned(), hint };
    Report::new(path, None, vec![finding])
}

fn examined(context: &Context, runlog: &Runlog, path: &Path) -> Result<Report, Error> {
    let files = files_beside(path);
    let mut findings = stored(runlog);
    let counts = counts(runlog);
    if let (Err(error), true) = (&counts, findings.is_empty()) {
        findings.push(damaged(error));
    }
    findings.extend(files.iter().filter_map(|file| too_open(file)));
    let locks = runlog.recorders()?;
    let stale = locks.iter().filter(|lock| lock.alive == Some(false));
    findings.extend(stale.map(|lock| Finding {
        kind: "lock",
        detail: format!("{} was left by a process that died", shown(&lock.path)),
        hint: Some("it is harmless: remove the file".to_owned()),
    }));
    let masking = masking(context, &mut findings);
    let size = |path: &Path| path.metadata().map(|data| data.len()).unwrap_or_default();
    let is_backup = |file: &Path| file.to_string_lossy().contains(".before-v");
    let history = History {
        schema_version: SCHEMA_VERSION,
        device_id: runlog.device(),
        executions: counts.ok(),
        bytes: Sizes {
            database: size(path),
            wal: size(&beside(path, "-wal")),
            backups: files.iter().filter(|file| is_backup(file)).map(|file| size(file)).sum(),
        },
        recorders: locks.iter().filter(|lock| lock.alive != Some(false)).count(),
        masking,
    };
    Ok(Report::new(path, Some(history), findings))
}

/// What is masked; patterns that cannot be read are a finding, as nothing is recorded then.
fn masking(context: &Context, findings: &mut Vec<Finding>) -> MaskingReport {
    match context.masking(false) {
        Ok(Masking::On { patterns }) => MaskingReport { on: true, patterns: patterns.len() },
        Ok(Masking::Off) => MaskingReport { on: false, patterns: 0 },
        Err(error) => {
            let (detail, hint) = (error.message().to_owned(), error.hint_text().map(str::to_owned));
            findings.push(Finding { kind: "patterns", detail, hint });
            MaskingReport { on: true, patterns: 0 }
        }
    }
}

/// What the store finds in itself.
fn stored(runlog: &Runlog) -> Vec<Finding> {
    let found = match runlog.with_store(|store| store.check()) {
        Ok(found) => found,
        Err(error) => return vec![damaged(&runlog::history::HistoryError::from(error).into())],
    };
    let findings = found.into_iter().map(|finding| {
        let (kind, hint) = match finding.kind {
            FindingKind::File => ("file", RESTORE),
            FindingKind::Schema => ("schema", "another program has changed it: restore a backup"),
            FindingKind::Row => ("row", "what can be read is shown; restore a backup for the rest"),
            _ => ("derived", "listings by tag or parameter may miss executions; all are there"),
        };
        Finding { kind, detail: finding.detail, hint: Some(hint.to_owned()) }
    });
    findings.collect()
}

/// The database could not be read to its end.
fn damaged(error: &Error) -> Finding {
    Finding { kind: "file", detail: error.message().to_owned(), hint: Some(RESTORE.to_owned()) }
}

fn counts(runlog: &Runlog) -> Result<Counts, Error> {
    let counted = |status: Option<Status>, deleted: bool| {
        let mut query = ListQuery::newest(1);
        query.filter = Filter::default();
        query.filter.status = status;
        query.filter.deleted = deleted;
        runlog.read(|history| history.count(&query))
    };
    let (live, trash) = (counted(None, false)?, counted(None, true)?);
    let all = runlog.with_store(|store| {
        let count = "SELECT count(*) FROM executions";
        store.connection().query_row(count, [], |row| row.get::<_, i64>(0))
    });
    let all = all.map_err(|error| Error::new(ErrorKind::Database, error.to_string()))?;
    let all = u64::try_from(all).unwrap_or_default();
    let running = counted(Some(Status::Running), false)?;
    Ok(Counts { live, trash, hidden: all.saturating_sub(live + trash), running })
}

/// The database and everything whose name begins with its name.
fn files_beside(database: &Path) -> Vec<PathBuf> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let entries = database.parent().map(std::fs::read_dir);
    let entries = entries.and_then(Result::ok).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name));
    let mut files: Vec<_> = ours.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether others than its user can use a file.
#[cfg(unix)]
fn too_open(file: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = file.metadata().ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| Finding {
        kind: "permissions",
        detail: format!("{} can be used by other users: mode {mode:o}", shown(file)),
        hint: Some(format!("`chmod 600 {}`", shown(file))),
    })
}

#[cfg(not(unix))]
fn too_open(_: &Path) -> Option<Finding> {
    None
}

fn print(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    let mut field = |name: &str, value: String| writeln!(out, "{name:11} {value}");
    field("Program", format!("runlog {}", report.program_version))?;
    field("Database", report.database.clone())?;
    if let Some(history) = &report.history {
        let Sizes { database, wal, backups } = history.bytes;
        field("Schema", format!("version {}", history.schema_version))?;
        field("Device", history.device_id.to_string())?;
        if let Some(Counts { live, trash, hidden, running }) = history.executions {
            let hidden = if hidden == 0 { String::new() } else { format!(", {hidden} incomplete") };
            let counted = format!("{live} ({running} running), {trash} in the trash{hidden}");
            field("Executions", counted)?;
        }
        let (database, wal) = (bytes(database), bytes(wal));
        let backups = if backups == 0 { "none".to_owned() } else { bytes(backups) };
        field("Size", format!("{database}, write-ahead log {wal}, backups {backups}"))?;
        field("Recording", format!("{} processes", history.recorders))?;
        field("Masking", history.masking.to_string())?;
    }
    writeln!(out)?;
    for finding in &report.findings {
        writeln!(out, "{PROBLEM}{}:{PROBLEM:#} {}", finding.kind, finding.detail)?;
        if let Some(hint) = &finding.hint {
            writeln!(out, "    {hint}")?;
        }
    }
    match report.findings.len() {
        0 => writeln!(out, "{FINE}Nothing is wrong.{FINE:#}"),
        1 => writeln!(out, "1 thing is wrong."),
        count => writeln!(out, "{count} things are wrong."),
    }
}
