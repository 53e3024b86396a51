use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use libc::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use libc::{SIGWINCH, c_int};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;

/// Signals that end or stop a process unless it handles them, and that we pass on instead.
const PASSED_ON: [c_int; 7] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP];

/// Signals that do nothing to a process by themselves, and that we want to know of.
const NOTICED: [c_int; 3] = [SIGCHLD, SIGCONT, SIGWINCH];

/// What the process has to do with signals: handlers belong to it, not to a run.
static SHARED: Mutex<Shared> = Mutex::new(Shared { runs: 0, idle: None, passed_on: Vec::new() });

struct Shared {
    runs: usize,
    /// Set while no run watches. `None` until the first run.
    idle: Option<Arc<AtomicBool>>,
    /// [`PASSED_ON`] without those that were ignored when the first run began.
    passed_on: Vec<c_int>,
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) signal: c_int,
    /// Sent by the terminal driver, hence to the whole foreground process group.
    pub(super) from_terminal: bool,
}

/// Keeps signals from ending us and collects them, until dropped.
pub(super) struct Watch {
    delivery: SignalDelivery<UnixStream, WithRawSiginfo>,
}

impl Watch {
    pub(super) fn begin() -> io::Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.prepare()?;
        let (read, write) = UnixStream::pair()?;
        let signals = shared.passed_on.iter().chain(&NOTICED);
        let delivery = SignalDelivery::with_pipe(read, write, WithRawSiginfo, signals)?;
        shared.runs += 1;
        shared.set_idle();
        Ok(Self { delivery })
    }

    /// The signals that arrived since the last call.
    pub(super) fn arrived(&mut self) -> Vec<Arrived> {
        let arrived = self.delivery.pending();
        arrived
            .map(|info| Arrived { signal: info.si_signo, from_terminal: is_from_terminal(&info) })
            .collect()
    }
}

impl AsFd for Watch {
    /// Readable when a signal has arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.runs -= 1;
        shared.set_idle();
    }
}

impl Shared {
    /// Before the first run. A handler once installed stays, so where there was none before, one
    /// that does what the system would have done acts between runs.
    fn prepare(&mut self) -> io::Result<()> {
        if self.idle.is_some() {
            return Ok(());
        }
        let idle = Arc::new(AtomicBool::new(true));
        for signal in PASSED_ON {
            let disposition = disposition(signal)?;
            if disposition == libc::SIG_DFL {
                signal_hook::flag::register_conditional_default(signal, Arc::clone(&idle))?;
            }
            if disposition != libc::SIG_IGN {
                self.passed_on.push(signal);
            }
        }
        self.idle = Some(idle);
        Ok(())
    }

    fn set_idle(&self) {
        if let Some(idle) = &self.idle {
            idle.store(self.runs == 0, Ordering::SeqCst);
        }
    }
}

/// What a signal does to us: `SIG_DFL`, `SIG_IGN` or a handler.
fn disposition(signal: c_int) -> io::Result<libc::sighandler_t> {
    // No safe wrapper asks for a disposition without setting one.
    // SAFETY: `sigaction` is a plain C struct for which zeros are a valid value, and with no new
    // action given the call only writes the present one to it.
    #[allow(unsafe_code)]
    unsafe {
        let mut present: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut present) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(present.sa_sigaction)
    }
}

/// On Linux codes above zero say that no process sent the signal.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_from_terminal(info: &libc::siginfo_t) -> bool {
    info.si_code > 0
}

/// Elsewhere the code is not to be relied on: what can come from a key is taken to.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_from_terminal(info: &libc::siginfo_t) -> bool {
    matches!(info.si_signo, SIGINT | SIGQUIT | SIGTSTP)
}
