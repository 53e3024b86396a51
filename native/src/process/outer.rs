use std::os::fd::BorrowedFd;

use rustix::process::getpgrp;
use rustix::termios::{
    OptionalActions, Termios, Winsize, isatty, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};

/// The streams that the process has in place of its own: where its input comes from and where its
/// output is shown.
#[derive(Clone, Copy, Debug)]
pub struct Stdio<'fd> {
    /// Where input comes from.
    pub stdin: BorrowedFd<'fd>,
    /// Where output is shown.
    pub stdout: BorrowedFd<'fd>,
    /// Where error output is shown.
    pub stderr: BorrowedFd<'fd>,
}

impl Stdio<'static> {
    /// Our own streams.
    #[must_use]
    pub fn inherited() -> Self {
        Self {
            stdin: rustix::stdio::stdin(),
            stdout: rustix::stdio::stdout(),
            stderr: rustix::stdio::stderr(),
        }
    }
}

impl Stdio<'_> {
    /// The size of the terminal that we are on, or of the one that programs expect without any.
    pub(super) fn size(&self) -> Winsize {
        let sizes = [self.stdout, self.stdin, self.stderr].map(|fd| tcgetwinsize(fd).ok());
        let known = sizes.into_iter().flatten().find(|size| size.ws_row > 0 && size.ws_col > 0);
        known.unwrap_or(Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 })
    }
}

/// The terminal that we read from, in raw mode while its keys belong to the process.
///
/// Invariant: when dropped, the terminal has its own settings again.
pub(super) struct OuterTerminal<'fd> {
    fd: BorrowedFd<'fd>,
    /// The settings to go back to, while in raw mode.
    own_settings: Option<Termios>,
}

impl<'fd> OuterTerminal<'fd> {
    /// `None` if `fd` is not a terminal.
    pub(super) fn new(fd: BorrowedFd<'fd>) -> Option<Self> {
        isatty(fd).then_some(Self { fd, own_settings: None })
    }

    /// Raw mode, if we are in the foreground: in the background it would stop us.
    pub(super) fn enter_raw(&mut self) {
        if self.own_settings.is_some() || !self.in_foreground() {
            return;
        }
        let Ok(own_settings) = tcgetattr(self.fd) else { return };
        let mut raw = own_settings.clone();
        raw.make_raw();
        if tcsetattr(self.fd, OptionalActions::Now, &raw).is_ok() {
            self.own_settings = Some(own_settings);
        }
    }

    /// The terminal's own settings again. In the background they are the shell's affair.
    pub(super) fn leave_raw(&mut self) {
        if let Some(own_settings) = self.own_settings.take()
            && self.in_foreground()
        {
            // Not `Drain`: a terminal that is paused (Ctrl-S) would keep us waiting.
            let _ = tcsetattr(self.fd, OptionalActions::Now, &own_settings);
        }
    }

    /// Its keys are ours to read.
    pub(super) fn is_raw(&self) -> bool {
        self.own_settings.is_some()
    }

    pub(super) fn fd(&self) -> BorrowedFd<'fd> {
        self.fd
    }

    /// A terminal that does not control us has no foreground from which we could be missing.
    fn in_foreground(&self) -> bool {
        tcgetpgrp(self.fd).map_or(true, |group| group == getpgrp())
    }
}

impl Drop for OuterTerminal<'_> {
    fn drop(&mut self) {
        self.leave_raw();
    }
}
