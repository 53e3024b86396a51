use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use rustix::termios::isatty;

/// What a pipe takes without blocking once `poll(2)` calls it writable (`PIPE_BUF`).
const SAFE_WRITE_BYTES: usize = 4096;

/// One of the streams on which output is shown, with what it has not taken yet.
///
/// The descriptor is shared with other processes, so it cannot be made non-blocking. Instead each
/// write is small enough not to block: a reader that pauses must not keep us from signals.
pub(super) struct Shown<'fd> {
    fd: BorrowedFd<'fd>,
    write_bytes_max: usize,
    unshown: Vec<u8>,
    unshown_from: usize,
    closed: bool,
}

impl<'fd> Shown<'fd> {
    pub(super) fn new(fd: BorrowedFd<'fd>) -> Self {
        let blocks = match fstat(fd).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
            Ok(FileType::RegularFile) => false,
            Ok(FileType::CharacterDevice) => isatty(fd),
            _ => true,
        };
        let write_bytes_max = if blocks { SAFE_WRITE_BYTES } else { usize::MAX };
        Self { fd, write_bytes_max, unshown: Vec::new(), unshown_from: 0, closed: false }
    }

    /// Where to append what is to be shown.
    pub(super) fn unshown(&mut self) -> &mut Vec<u8> {
        &mut self.unshown
    }

    /// Writes what can be written without blocking.
    pub(super) fn write(&mut self) {
        while self.is_waiting() && self.is_writable() {
            let rest = &self.unshown[self.unshown_from..];
            match rustix::io::write(self.fd, &rest[..rest.len().min(self.write_bytes_max)]) {
                Ok(count) => self.unshown_from += count,
                Err(Errno::INTR | Errno::AGAIN) => return,
                Err(_) => self.close(),
            }
        }
        if !self.is_waiting() {
            self.unshown.clear();
            self.unshown_from = 0;
        }
    }

    /// Nobody reads this stream any more: what is appended from now on is dropped.
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
