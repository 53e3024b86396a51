use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

const SIGNALS: usize = 0;
const KEYS: usize = 1;
const SOURCES: usize = 2;
const SHOWN: usize = 4;
const FDS: usize = 6;

/// What to wait for in one turn.
pub(super) struct Wants<'fd> {
    fds: [PollFd<'fd>; FDS],
}

/// What a wait has found; the arrays follow the taps.
#[derive(Clone, Copy, Default)]
pub(super) struct Ready {
    /// A signal has arrived.
    pub(super) signals: bool,
    /// A key was pressed, or the terminal is gone.
    pub(super) keys: bool,
    /// The process has written, or its stream has ended.
    pub(super) readable: [bool; 2],
    /// More can be shown.
    pub(super) writable: [bool; 2],
    /// What reads the stream on which output is shown is gone.
    pub(super) unwatched: [bool; 2],
}

impl<'fd> Wants<'fd> {
    /// Waits for signals, and for nothing else until told.
    pub(super) fn signals(fd: &'fd impl AsFd) -> Self {
        // In the places of what is not waited for: no event is asked for, so none comes.
        let nothing = PollFd::new(fd, PollFlags::empty());
        let mut fds = std::array::from_fn(|_| nothing.clone());
        fds[SIGNALS] = PollFd::new(fd, PollFlags::IN);
        Self { fds }
    }

    pub(super) fn keys(&mut self, fd: BorrowedFd<'fd>) {
        self.fds[KEYS] = PollFd::from_borrowed_fd(fd, PollFlags::IN);
    }

    /// Output of the process, or room for its input.
    pub(super) fn source(&mut self, tap: usize, fd: &'fd impl AsFd, read: bool, write: bool) {
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, read);
        events.set(PollFlags::OUT, write);
        // An ended stream would make a wait for nothing return at once, for ever.
        if !events.is_empty() {
            self.fds[SOURCES + tap] = PollFd::new(fd, events);
        }
    }

    /// Room to show more; and always, that nobody reads any more.
    pub(super) fn shown(&mut self, tap: usize, fd: &'fd impl AsFd, write: bool) {
        let events = if write { PollFlags::OUT } else { PollFlags::empty() };
        self.fds[SHOWN + tap] = PollFd::new(fd, events);
    }

    pub(super) fn wait(mut self, time_max: Option<Duration>) -> Result<Ready, Errno> {
        let timeout = time_max.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut self.fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Ready::default()),
            Err(error) => return Err(error),
        }
        let found = self.fds.map(|fd| fd.revents());
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
        let any = |at: usize, flags| found[at].intersects(flags);
        let both = |at: usize, flags| [any(at, flags), any(at + 1, flags)];
        Ok(Ready {
            signals: any(SIGNALS, PollFlags::IN),
            keys: any(KEYS, PollFlags::IN | gone),
            readable: both(SOURCES, PollFlags::IN | gone),
            writable: both(SHOWN, PollFlags::OUT),
            unwatched: both(SHOWN, gone),
        })
    }
}
