use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use libc::{SIGCHLD, SIGCONT, SIGTSTP, SIGWINCH};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};
use rustix::termios::{tcgetpgrp, tcsetwinsize};

use super::signals::{Arrived, Watch};
use super::spawn::{InnerTerminal, Spawned};
use super::tap::Tap;
use super::wait::{Ready, Wants};
use super::{Exit, Sink};

/// How much is read at once: the time is taken, and the output shown, once per block.
const BLOCK_BYTES: usize = 64 * 1024;

/// How many keys are read ahead of a process that does not read them.
const KEYS_BYTES: usize = 4096;

/// How long others that hold the output may go on when the process has ended: what a shell started
/// beside it (`> >(tee log)`) ends a moment later.
const GRACE: Duration = Duration::from_millis(100);

/// What a terminal takes for the end of input (Ctrl-D).
const END_OF_INPUT: u8 = 4;

/// A process that runs, and all that is waited for meanwhile.
pub(super) struct Running<'run, 'fd> {
    child: Child,
    /// Stdout, or the pseudo-terminal, comes first.
    taps: Vec<Tap<'fd>>,
    terminal: Option<InnerTerminal<'fd>>,
    watch: Watch,
    sink: &'run mut dyn Sink,
    now: &'run mut dyn FnMut() -> i64,
    block: Box<[u8]>,
    /// Keys on their way to the pseudo-terminal.
    keys: Vec<u8>,
    keys_ended: bool,
    /// The process has ended, and its id may already be another's.
    ended: bool,
    status: Option<ExitStatus>,
    /// A signal came when there was no process left to pass it on to.
    interrupted: bool,
}

impl<'run, 'fd> Running<'run, 'fd> {
    pub(super) fn new(
        spawned: Spawned<'fd>,
        watch: Watch,
        sink: &'run mut dyn Sink,
        now: &'run mut dyn FnMut() -> i64,
    ) -> Self {
        let Spawned { child, taps, terminal } = spawned;
        Self {
            child,
            taps,
            terminal,
            watch,
            sink,
            now,
            block: vec![0; BLOCK_BYTES].into_boxed_slice(),
            keys: Vec::new(),
            keys_ended: false,
            ended: false,
            status: None,
            interrupted: false,
        }
    }

    pub(super) fn until_end(mut self) -> Exit {
        while !self.ended {
            let Ok(ready) = self.wait(None) else {
                // Without poll(2) nothing can be shown, but the process must not be left behind.
                self.taps.clear();
                self.status = self.child.wait().ok();
                self.ended = true;
                break;
            };
            if ready.signals {
                self.signals();
            }
            self.output(&ready);
            self.input(&ready);
        }
        if let Some(terminal) = &mut self.terminal {
            terminal.keeper = None;
        }
        self.drain();
        Exit {
            code: self.status.and_then(|status| status.code()),
            signal: self.status.and_then(|status| status.signal()),
            output_held: self.taps.iter().any(Tap::is_held),
        }
    }

    /// Waits until something can be done, or until the sink wants to be called.
    fn wait(&mut self, time_max: Option<Duration>) -> Result<Ready, Errno> {
        let sink_time_max = self.sink.before_wait((self.now)());
        let time_max = sink_time_max.into_iter().chain(time_max).min();
        let mut wants = Wants::signals(&self.watch);
        for (at, tap) in self.taps.iter().enumerate() {
            let waiting = tap.shown.is_waiting();
            if let Some(source) = tap.source() {
                let keys = at == 0 && !self.ended && !self.keys.is_empty();
                wants.source(at, source, !waiting, keys);
            }
            if waiting || tap.source().is_some() {
                wants.shown(at, &tap.shown, waiting);
            }
        }
        let outer = self.terminal.as_ref().and_then(|terminal| terminal.outer.as_ref());
        let keys_wanted = !self.ended && !self.keys_ended && self.keys.is_empty();
        if let Some(outer) = outer.filter(|outer| keys_wanted && outer.is_raw()) {
            wants.keys(outer.fd());
        }
        wants.wait(time_max)
    }

    fn output(&mut self, ready: &Ready) {
        for (at, tap) in self.taps.iter_mut().enumerate() {
            if ready.readable[at] && !tap.shown.is_waiting() {
                tap.read(&mut self.block, self.sink, self.now);
            }
            if ready.unwatched[at] {
                tap.shown.close();
            }
            if ready.writable[at] || ready.unwatched[at] {
                tap.show_more(self.sink, self.now);
            }
        }
        if let Some(terminal) = &mut self.terminal
            && self.taps[0].source().is_none()
        {
            // The pseudo-terminal was hung up: the outer one is for others again.
            terminal.outer = None;
        }
    }

    /// Passes keys on to the pseudo-terminal, as far as it takes them.
    fn input(&mut self, ready: &Ready) {
        let outer = self.terminal.as_ref().and_then(|terminal| terminal.outer.as_ref());
        let (Some(outer), Some(inner)) = (outer, self.taps[0].source()) else { return };
        if ready.keys {
            self.keys.resize(KEYS_BYTES, 0);
            match rustix::io::read(outer.fd(), &mut self.keys[..]) {
                Ok(count) if count > 0 => self.keys.truncate(count),
                Err(Errno::INTR | Errno::AGAIN) => self.keys.clear(),
                Ok(_) | Err(_) => {
                    self.keys.clear();
                    self.keys.push(END_OF_INPUT);
                    self.keys_ended = true;
                }
            }
        }
        if !self.keys.is_empty()
            && let Ok(count) = rustix::io::write(inner, &self.keys)
        {
            self.keys.drain(..count);
        }
    }

    /// Reads the last of the output, and waits until all of it is shown.
    fn drain(&mut self) {
        for tap in &mut self.taps {
            tap.begin_drain();
        }
        let readable = |tap: &Tap<'_>| tap.source().is_some() && !tap.shown.is_waiting();
        let deadline = Instant::now() + GRACE;
        while !self.interrupted {
            let grace = deadline.saturating_duration_since(Instant::now());
            let late = grace.is_zero();
            for tap in self.taps.iter_mut().filter(|tap| readable(tap)) {
                tap.drain(late, &mut self.block, self.sink, self.now);
            }
            if late && self.taps.iter().any(readable) {
                continue;
            }
            if self.taps.iter().all(|tap| tap.source().is_none() && !tap.shown.is_waiting()) {
                return;
            }
            let Ok(ready) = self.wait(Some(grace).filter(|_| !late)) else { return };
            if ready.signals {
                self.signals();
            }
            for tap in &mut self.taps {
                tap.show_more(self.sink, self.now);
            }
        }
    }

    fn signals(&mut self) {
        for arrived in self.watch.arrived() {
            match arrived.signal {
                SIGCHLD => {}
                SIGWINCH => self.resize(),
                SIGTSTP => self.stop(arrived),
                SIGCONT => self.go_on(),
                _ => self.pass_on(arrived),
            }
        }
        // Last, as a process that was waited for has no id any more to send signals to.
        if !self.ended {
            match self.child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => (self.ended, self.status) = (true, Some(status)),
                // Someone else in our process has waited for it.
                Err(_) => self.ended = true,
            }
        }
    }

    fn pass_on(&mut self, arrived: Arrived) {
        if self.ended {
            self.interrupted = true;
        } else if let Some(signal) = Signal::from_named_raw(arrived.signal) {
            match &self.terminal {
                None if arrived.from_terminal => {}
                Some(_) if arrived.from_terminal => self.signal_foreground(signal),
                _ => self.signal_process(signal),
            }
        }
    }

    /// The process stops, and then so do we, so that the shell sees its job stop.
    fn stop(&mut self, arrived: Arrived) {
        if self.terminal.is_some() {
            // TSTP would do nothing: the group has no parent in its session that could continue it.
            self.signal_group(Signal::STOP);
        } else if !arrived.from_terminal {
            self.signal_process(Signal::TSTP);
        }
        let outer = self.terminal.as_mut().and_then(|terminal| terminal.outer.as_mut());
        if let Some(outer) = outer {
            outer.leave_raw();
        }
        let _ = kill_process(getpid(), Signal::STOP);
    }

    fn go_on(&mut self) {
        let Some(terminal) = &mut self.terminal else {
            return self.signal_process(Signal::CONT);
        };
        if let Some(outer) = &mut terminal.outer {
            outer.enter_raw();
        }
        self.resize();
        self.signal_group(Signal::CONT);
    }

    fn resize(&self) {
        if let Some(terminal) = &self.terminal
            && let Some(keeper) = &terminal.keeper
        {
            let _ = tcsetwinsize(keeper, terminal.stdio.size());
        }
    }

    fn signal_process(&self, signal: Signal) {
        if !self.ended {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }

    /// To the process's group, which on a pseudo-terminal is its own.
    fn signal_group(&self, signal: Signal) {
        if !self.ended {
            let _ = kill_process_group(Pid::from_child(&self.child), signal);
        }
    }

    /// To what is in the foreground of the pseudo-terminal. It is asked through our side, as only
    /// members of the session may ask through the other.
    fn signal_foreground(&self, signal: Signal) {
        match self.taps[0].source().map(tcgetpgrp) {
            Some(Ok(group)) => drop(kill_process_group(group, signal)),
            _ => self.signal_group(signal),
        }
    }
}
