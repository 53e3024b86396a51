use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::lines::Lines;
use super::shown::Shown;
use super::{Sink, Stream};

/// More than the kernel buffers of a pseudo-terminal's output, which it does not tell.
const TERMINAL_BACKLOG_BYTES_MAX: usize = 256 * 1024;

/// One output stream of the process, on its way to the sink and to where it is shown.
pub(super) struct Tap<'fd> {
    /// Our end of the pipe or of the pseudo-terminal (never blocking), until the stream ends.
    source: Option<OwnedFd>,
    on_terminal: bool,
    lines: Lines,
    pub(super) shown: Shown<'fd>,
    /// Once the process has ended: how much of what is read can be its own.
    backlog_bytes: usize,
    held: bool,
}

/// How a [`Tap`] is set up.
pub(super) struct TapSettings {
    pub(super) stream: Stream,
    pub(super) on_terminal: bool,
    pub(super) with_events: bool,
    pub(super) piece_bytes_max: usize,
}

impl<'fd> Tap<'fd> {
    pub(super) fn new(source: OwnedFd, shown: BorrowedFd<'fd>, settings: &TapSettings) -> Self {
        let &TapSettings { stream, on_terminal, with_events, piece_bytes_max } = settings;
        Self {
            source: Some(source),
            on_terminal,
            lines: Lines::new(stream, piece_bytes_max, with_events, on_terminal),
            shown: Shown::new(shown),
            backlog_bytes: 0,
            held: false,
        }
    }

    /// Reads one block if there is one, hands it on, and shows what can be shown at once.
    /// Gives the number of bytes, or 0 if there was nothing.
    pub(super) fn read(
        &mut self,
        block: &mut [u8],
        sink: &mut dyn Sink,
        now: &mut dyn FnMut() -> i64,
    ) -> usize {
        let Some(source) = &self.source else { return 0 };
        match rustix::io::read(source, &mut *block) {
            // A pseudo-terminal tells its end by an error. No other is known to happen, and each
            // one would leave us without a stream to read.
            Ok(0) => self.end(sink, now()),
            Err(error) if !matches!(error, Errno::AGAIN | Errno::INTR) => self.end(sink, now()),
            Err(_) => {}
            Ok(count) => {
                self.lines.read(&block[..count], now(), sink, &mut self.shown);
                self.end_if_unwatched(sink, now);
                return count;
            }
        }
        0
    }

    /// Shows more of what was read.
    pub(super) fn show_more(&mut self, sink: &mut dyn Sink, now: &mut dyn FnMut() -> i64) {
        self.shown.show_more();
        self.end_if_unwatched(sink, now);
    }

    /// If nobody looks any more, the stream ends: see the module.
    fn end_if_unwatched(&mut self, sink: &mut dyn Sink, now: &mut dyn FnMut() -> i64) {
        if self.shown.is_closed() && self.source.is_some() {
            self.end(sink, now());
        }
    }

    /// The process has ended: what the stream holds now is the last of its output.
    pub(super) fn begin_drain(&mut self) {
        let Some(source) = &self.source else { return };
        self.backlog_bytes = if self.on_terminal {
            TERMINAL_BACKLOG_BYTES_MAX
        } else {
            rustix::io::ioctl_fionread(source)
                .map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX))
        };
    }

    /// Reads on after the process has ended. `late` means that when nothing is left to read of what
    /// it wrote, the stream ends, and if others still hold it they may go on without us.
    pub(super) fn drain(
        &mut self,
        late: bool,
        block: &mut [u8],
        sink: &mut dyn Sink,
        now: &mut dyn FnMut() -> i64,
    ) {
        let count = self.read(block, sink, now);
        self.backlog_bytes = self.backlog_bytes.saturating_sub(count);
        let Some(source) = &self.source else { return };
        if late && (count == 0 || self.backlog_bytes == 0) && !has_ended(source) {
            self.held = true;
            self.end(sink, now());
        }
    }

    pub(super) fn source(&self) -> Option<&OwnedFd> {
        self.source.as_ref()
    }

    /// The stream was still held by another process when it ended for us.
    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    fn end(&mut self, sink: &mut dyn Sink, time_ms: i64) {
        self.source = None;
        self.lines.end(time_ms, sink, &mut self.shown);
    }
}

/// Whether all writers are gone, so that what is left to read has an end.
fn has_ended(source: &OwnedFd) -> bool {
    let fd = source.as_fd();
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    match poll(&mut fds, Some(&Timespec::default())) {
        Ok(_) => fds[0].revents().contains(PollFlags::HUP),
        Err(_) => false,
    }
}
