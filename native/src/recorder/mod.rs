//! Recording: handles that queue, and one thread that writes.
//!
//! A [`Run`] never waits for the disk. What it reports goes into a bounded queue; a thread with a
//! connection of its own takes all of it at once and commits it in one transaction. It does so when
//! [`RecorderOptions::batch_lines`](crate::RecorderOptions::batch_lines) or [`batch_bytes`](crate::RecorderOptions::batch_bytes) wait, or
//! [`batch_delay`](crate::RecorderOptions::batch_delay) after the first line, and at once for a start, an ending and a
//! flush. Where the store cannot be written (a full disk, a lock held for too long), the thread
//! keeps what it has and tries again, and everybody who waits is told.

mod flush;
mod queue;
mod run;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

pub use flush::Flush;
pub use queue::RecorderStats;
pub(crate) use run::event_level;
pub use run::{NewRun, Run};

use crate::connect::open_history;
use crate::options::Options;
use crate::owner::Owner;
use crate::{Error, files};
use queue::Queue;

/// Records executions. Cheap to clone; every clone feeds the same thread. When the last clone and
/// the last [`Run`] are gone, the thread writes what is left and ends.
#[derive(Clone, Debug)]
pub struct Recorder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    path: std::path::PathBuf,
    options: Options,
}

impl Recorder {
    pub(crate) fn start_thread(path: &Path, options: &Options) -> Result<Self, Error> {
        files::prepare_database(path)?;
        let owner = Owner::acquire(path)?;
        let history = open_history(path, options)?;
        let queue = Arc::new(Queue::new(options.recorder));
        let writer = writer::Writer::new(history, owner, Arc::clone(&queue), options.clone());
        let thread = std::thread::Builder::new()
            .name("runlog-recorder".to_owned())
            .spawn(move || writer.run())
            .map_err(Error::file("start the recorder for", path))?;
        let inner =
            Inner { queue, thread: Some(thread), path: path.to_owned(), options: options.clone() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Starts recording an execution, which begins now. Returns at once; an id that is taken or a
    /// store that cannot be written shows at the next [`Run::flush`] or at its end.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the recorder's thread is gone.
    pub fn start(&self, new: NewRun) -> Result<Run, Error> {
        let execution = new.into_execution();
        let id = execution.id;
        self.inner.queue.start(execution)?;
        Ok(Run::new(id, Arc::clone(&self.inner)))
    }

    /// Waits until everything reported so far is as durable as the history was opened for.
    ///
    /// # Errors
    /// What kept it from being written.
    pub fn flush(&self) -> Result<(), Error> {
        self.inner.queue.flush().wait()
    }

    /// What was dropped, what waits, and what went wrong.
    pub fn stats(&self) -> RecorderStats {
        self.inner.queue.stats()
    }
}

impl Inner {
    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.stop();
        if let Some(thread) = self.thread.take() {
            // A panic of the writer was reported to everybody who waited.
            let _ = thread.join();
        }
    }
}
