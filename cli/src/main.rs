//! The program `runlog`.
// What documents a command is its help text, which is shown as it is.
#![allow(rustdoc::bare_urls, rustdoc::broken_intra_doc_links)]

mod app;
mod commands;
mod context;
mod error;
mod interrupt;
mod mcp;
mod secrets;
mod text;

fn main() -> std::process::ExitCode {
    app::main()
}
