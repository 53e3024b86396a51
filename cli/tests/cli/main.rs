//! The program as its users see it: sessions at a shell, in an environment of their own.

mod doctor;
mod edit;
mod help;
mod json;
mod list;
mod logs;
mod run;
mod session;
mod show;
mod signals;
mod store;
mod terminal;
