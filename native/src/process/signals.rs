use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use libc::{SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
use libc::{SIGWINCH, c_int};
use rustix::time::{ClockId, clock_gettime};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;
use signal_hook::low_level::emulate_default_handler;

/// Signals that end or stop a process unless it handles them, and that we pass on instead.
const PASSED_ON: [c_int; 7] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP];

/// Signals that do nothing to a process by themselves, and that we want to know of.
const NOTICED: [c_int; 3] = [SIGCHLD, SIGCONT, SIGWINCH];

/// What the process has to do with signals: handlers belong to it, not to a run.
static SHARED: Mutex<Shared> =
    Mutex::new(Shared { runs: 0, prepared: false, passed_on: Vec::new() });

/// Until when signals are survived, in milliseconds of [`clock_ms`]: for ever while a run watches.
static SURVIVED_UNTIL_MS: AtomicI64 = AtomicI64::new(i64::MIN);

/// How long signals are survived after a run. The one that has ended the process may reach us
/// later than that end, where the system gives it to a thread that has to wait for its turn.
const SURVIVED_AFTER_MS: i64 = 1000;

struct Shared {
    runs: usize,
    /// There was a run.
    prepared: bool,
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
        shared.survive_or_not();
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
        shared.survive_or_not();
    }
}

impl Shared {
    /// Before the first run. A handler once installed stays, so where there was none before, one
    /// that does what the system would have done acts between runs.
    fn prepare(&mut self) -> io::Result<()> {
        if self.prepared {
            return Ok(());
        }
        for signal in PASSED_ON {
            let disposition = disposition(signal)?;
            if disposition == libc::SIG_DFL {
                act_by_default_between_runs(signal)?;
            }
            if disposition != libc::SIG_IGN {
                self.passed_on.push(signal);
            }
        }
        self.prepared = true;
        Ok(())
    }

    fn survive_or_not(&self) {
        let until_ms = if self.runs > 0 { i64::MAX } else { clock_ms() + SURVIVED_AFTER_MS };
        SURVIVED_UNTIL_MS.store(until_ms, Ordering::SeqCst);
    }
}

fn act_by_default_between_runs(signal: c_int) -> io::Result<()> {
    let action = move || {
        if clock_ms() > SURVIVED_UNTIL_MS.load(Ordering::SeqCst) {
            let _ = emulate_default_handler(signal);
        }
    };
    // SAFETY: all that the action does may be done in a signal handler: it reads a clock and an
    // atomic number, and what it calls is made for signal handlers.
    #[allow(unsafe_code)]
    unsafe {
        signal_hook::low_level::register(signal, action)?;
    }
    Ok(())
}

fn clock_ms() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
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
