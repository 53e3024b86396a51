//! The command line as a whole: global options, dispatch, the end of the process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, ValueEnum};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::commands::Command;
use crate::context::Context;

/// Runlog keeps the history of what you execute: what ran and with which parameters, what it
/// printed, how it ended.
///
///   runlog run -- make test        run a program and record it
///   runlog list --status failed    find it again
///   runlog logs 1f3a9c02           read what it printed
#[derive(Debug, Parser)]
#[command(name = "runlog", version, verbatim_doc_comment, max_term_width = 100)]
#[command(after_help = AFTER_HELP)]
struct App {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

const AFTER_HELP: &str = "\
An ID is the short id that `list` prints, the beginning of a full id, or a full id.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no such execution (or several),
4 the database cannot be used. `run` leaves with the code of the program that it ran.";

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the history is: RUNLOG_HOME or the platform's data directory unless given
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<OsString>,
    /// Colour the output; auto does so on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print diagnostics on stderr; -vv for more
    #[arg(long, short, global = true, action = ArgAction::Count)]
    verbose: u8,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Runs the program and says with which code to leave.
pub(crate) fn main() -> ExitCode {
    let matches = definition().get_matches();
    let App { command, global } = App::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    match global.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    start_diagnostics(global.verbose);
    let home = global.home.or_else(|| std::env::var_os("RUNLOG_HOME"));
    let context = Context::new(home.filter(|home| !home.is_empty()).map(PathBuf::from));
    match command.run(&context) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

/// The definition of the command line, also for what is generated from it.
pub(crate) fn definition() -> clap::Command {
    let app = App::command();
    let text = app.get_long_about().cloned().unwrap_or_default();
    app.about(text).long_about(Resettable::Reset).mut_subcommands(with_short_lines)
}

/// Where a command has a text of several paragraphs, clap gives every option a paragraph as well. So
/// that options stay one below the other, the text comes as what clap calls the help before.
fn with_short_lines(command: clap::Command) -> clap::Command {
    let command = command.mut_subcommands(with_short_lines);
    let Some(text) = command.get_long_about().map(ToString::to_string) else { return command };
    let rest = text.split_once("\n\n").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    command
        .long_about(Resettable::Reset)
        .before_help(rest)
        .help_template("{about}\n\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}")
}

/// Prints diagnostics where `-v` or RUNLOG_LOG asks for them.
fn start_diagnostics(verbose: u8) {
    let wanted = std::env::var("RUNLOG_LOG").ok().filter(|text| !text.is_empty());
    let level = match verbose {
        0 if wanted.is_none() => return,
        0 | 1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let targets = match wanted.map(|text| (text.parse::<Targets>(), text)) {
        None => Targets::new().with_default(level),
        Some((Ok(targets), _)) => targets,
        Some((Err(error), text)) => {
            crate::context::warn(format_args!("RUNLOG_LOG: '{text}' is not a filter: {error}"));
            Targets::new().with_default(level)
        }
    };
    let ansi = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(ansi)
        .without_time()
        .compact();
    tracing_subscriber::registry().with(layer).with(targets).init();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_consistent() {
        super::definition().debug_assert();
    }
}
