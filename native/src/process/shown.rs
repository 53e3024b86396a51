use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::{Errno, write};
use rustix::termios::isatty;

/// What a pipe takes without blocking once `poll(2)` calls it writable (`PIPE_BUF`).
const SAFE_WRITE_BYTES: usize = 4096;

/// One of the streams on which output is shown, with what it has not taken yet.
///
/// The descriptor is shared with other processes, so it cannot be made non-blocking; but a reader
/// that pauses must not keep us from signals, so no write may block either.
pub(super) struct Shown<'fd> {
    fd: BorrowedFd<'fd>,
    way: Way,
    unshown: Vec<u8>,
    unshown_from: usize,
    closed: bool,
}

/// How to write without blocking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Files never block for long.
    Plain,
    /// The system is asked not to block (Linux: sockets, and pipes since 6.4 or so).
    NoWait,
    /// In portions that fit, each after `poll(2)`.
    Portions,
}

impl<'fd> Shown<'fd> {
    pub(super) fn new(fd: BorrowedFd<'fd>) -> Self {
        let way = match fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::RegularFile) => Way::Plain,
            Ok(FileType::CharacterDevice) if !isatty(fd) => Way::Plain,
            _ => Way::NoWait,
        };
        Self { fd, way, unshown: Vec::new(), unshown_from: 0, closed: false }
    }

    /// Shows `bytes` after all that came before, as far as it can be done without blocking; the
    /// rest is kept.
    pub(super) fn show(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if !self.is_waiting() {
            while !self.closed && !rest.is_empty() {
                let Some(count) = self.write_some(rest) else { break };
                rest = &rest[count..];
            }
        }
        if !self.closed {
            self.unshown.extend_from_slice(rest);
        }
    }

    /// Shows more of what was kept.
    pub(super) fn show_more(&mut self) {
        let unshown = std::mem::take(&mut self.unshown);
        while !self.closed && self.unshown_from < unshown.len() {
            let Some(count) = self.write_some(&unshown[self.unshown_from..]) else { break };
            self.unshown_from += count;
        }
        self.unshown = unshown;
        if !self.is_waiting() {
            self.unshown.clear();
            self.unshown_from = 0;
        }
    }

    /// `None` if nothing can be written now.
    fn write_some(&mut self, bytes: &[u8]) -> Option<usize> {
        let written = match self.way {
            Way::Plain => write(self.fd, bytes),
            Way::NoWait => match write_no_wait(self.fd, bytes) {
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::SPIPE | Errno::INVAL) => {
                    self.way = Way::Portions;
                    return self.write_some(bytes);
                }
                written => written,
            },
            Way::Portions if !self.is_writable() => return None,
            Way::Portions => write(self.fd, &bytes[..bytes.len().min(SAFE_WRITE_BYTES)]),
        };
        match written {
            Ok(count) => Some(count),
            Err(Errno::INTR | Errno::AGAIN) => None,
            Err(_) => {
                self.close();
                None
            }
        }
    }

    /// Nobody reads this stream any more: what is shown from now on is dropped.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Something is to be shown and was not taken yet.
    pub(super) fn is_waiting(&self) -> bool {
        !self.closed && self.unshown_from < self.unshown.len()
    }

    fn is_writable(&self) -> bool {
        let mut fds = [PollFd::new(&self.fd, PollFlags::OUT)];
        matches!(poll(&mut fds, Some(&Timespec::default())), Ok(ready) if ready > 0)
    }
}

impl AsFd for Shown<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd
    }
}

#[cfg(target_os = "linux")]
fn write_no_wait(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    use rustix::io::{ReadWriteFlags, pwritev2};
    /// Not at an offset, but wherever the stream is.
    const HERE: u64 = u64::MAX;
    pwritev2(fd, &[std::io::IoSlice::new(bytes)], HERE, ReadWriteFlags::NOWAIT)
}

#[cfg(not(target_os = "linux"))]
fn write_no_wait(_fd: BorrowedFd<'_>, _bytes: &[u8]) -> Result<usize, Errno> {
    Err(Errno::OPNOTSUPP)
}
