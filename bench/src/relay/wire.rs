//! A wire to a relay on which every byte is counted.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use runlog::relay::RelayUrl;

use super::Relay;
use crate::Failed;

/// Passes connections on to a relay, and counts the bytes of both directions: HTTP with its headers,
/// without those of TCP and IP.
#[derive(Debug)]
pub(crate) struct Wire {
    url: RelayUrl,
    passed: Arc<AtomicU64>,
}

impl Wire {
    /// A wire to a relay. Its thread waits for connections until the program ends.
    pub(crate) fn to(relay: &Relay) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?).parse()?;
        let target = relay.url().as_str().trim_start_matches("http://").trim_end_matches('/');
        let (target, passed) = (target.to_owned(), Arc::new(AtomicU64::new(0)));
        let count = passed.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // Whoever asked sees a connection that ends.
                let Ok(far) = TcpStream::connect(&target) else { continue };
                let _ = pass_both_ways(&near, &far, &count);
            }
        });
        Ok(Self { url, passed })
    }

    /// What devices take for the relay.
    pub(crate) fn url(&self) -> &RelayUrl {
        &self.url
    }

    /// How many bytes passed while `work` was done.
    pub(crate) fn count<T>(
        &self,
        work: impl FnOnce() -> Result<T, Failed>,
    ) -> Result<(T, u64), Failed> {
        let before = self.passed.load(Ordering::SeqCst);
        let done = work()?;
        Ok((done, self.passed.load(Ordering::SeqCst) - before))
    }
}

fn pass_both_ways(
    near: &TcpStream,
    far: &TcpStream,
    count: &Arc<AtomicU64>,
) -> std::io::Result<()> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    for (from, to) in [(near, far), (far, near)] {
        let (from, to, count) = (from.try_clone()?, to.try_clone()?, count.clone());
        std::thread::spawn(move || pass(from, to, &count));
    }
    Ok(())
}

/// Passes bytes on until one side ends. They are counted before they are passed on, so that who got
/// an answer finds it counted.
fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        count.fetch_add(read as u64, Ordering::SeqCst);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
