//! The program `runlog`.

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
