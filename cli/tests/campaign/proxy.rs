//! The network between devices and relay: it refuses, delays, and cuts in the middle of a body.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use runlog_contract::random::Random;

/// A cut comes within so many bytes: a small request has some hundreds, a large one more than these.
const CUT_WITHIN: u64 = 6_000;

/// Longest delay of what goes through at once.
const DELAY_MS_MAX: u64 = 150;

/// What became of connections.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) delayed: AtomicU64,
    pub(crate) cut: AtomicU64,
}

/// Listens in place of a relay.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    relay: SocketAddr,
    is_hostile: AtomicBool,
    has_ended: AtomicBool,
    random: Mutex<Random>,
    counts: Counts,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Passes,
    Refused,
    Delayed(Duration),
    /// Cut when so many bytes have gone to the relay.
    CutUp(u64),
    /// Cut when so many bytes have come from the relay.
    CutDown(u64),
}

impl Proxy {
    pub(crate) fn start(relay: SocketAddr, random: Random) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            relay,
            is_hostile: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
            random: Mutex::new(random),
            counts: Counts::default(),
        });
        let own = shared.clone();
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if own.has_ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, own.clone()) else { continue };
                let fate = shared.fate();
                std::thread::spawn(move || shared.carry(stream, fate));
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    pub(crate) fn set_hostile(&self, is_hostile: bool) {
        self.shared.is_hostile.store(is_hostile, Ordering::SeqCst);
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.shared.counts
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.has_ended.store(true, Ordering::SeqCst);
        // Wakes the thread; fails where it has ended.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn fate(&self) -> Fate {
        if !self.is_hostile.load(Ordering::SeqCst) {
            return Fate::Passes;
        }
        let mut random = self.random.lock().unwrap();
        match random.below(100) {
            0..40 => Fate::Passes,
            40..50 => Fate::Refused,
            50..65 => Fate::Delayed(Duration::from_millis(random.below(DELAY_MS_MAX))),
            65..83 => Fate::CutUp(random.below(CUT_WITHIN)),
            _ => Fate::CutDown(random.below(CUT_WITHIN)),
        }
    }

    fn carry(&self, device: TcpStream, fate: Fate) {
        let counts = &self.counts;
        if fate == Fate::Refused {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Nothing listens while the relay is dead: the device's connection ends with this one.
        let Ok(relay) = TcpStream::connect(self.relay) else { return };
        let (delay, up, down) = match fate {
            Fate::Delayed(delay) => (delay, u64::MAX, u64::MAX),
            Fate::CutUp(bytes) => (Duration::ZERO, bytes, u64::MAX),
            Fate::CutDown(bytes) => (Duration::ZERO, u64::MAX, bytes),
            Fate::Passes | Fate::Refused => (Duration::ZERO, u64::MAX, u64::MAX),
        };
        let counted = if delay.is_zero() { &counts.passed } else { &counts.delayed };
        let was_cut = std::thread::scope(|scope| {
            let upwards = scope.spawn(|| copy(&device, &relay, up, delay));
            let was_cut = copy(&relay, &device, down, delay);
            upwards.join().unwrap() || was_cut
        });
        if was_cut { &counts.cut } else { counted }.fetch_add(1, Ordering::Relaxed);
    }
}

/// Copies until one side ends, or until so many bytes were copied: then nothing more goes either way.
/// Whether it was cut.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut left: u64, delay: Duration) -> bool {
    let mut block = [0; 4096];
    loop {
        let Ok(count @ 1..) = from.read(&mut block) else {
            // Whichever side it was, it wants no more.
            let _ = to.shutdown(Shutdown::Write);
            return false;
        };
        let taken = left.min(count as u64) as usize;
        std::thread::sleep(delay);
        let is_written = to.write_all(&block[..taken]).is_ok();
        if taken < count || !is_written {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
            return taken < count;
        }
        left -= count as u64;
    }
}
