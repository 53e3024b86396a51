//! The program `runlog`.

mod app;
mod commands;
mod context;
mod error;
mod mcp;
mod text;

fn main() -> std::process::ExitCode {
    app::main()
}
