use rusqlite::{Connection, ErrorCode, OpenFlags};
use sqlite_wasm_rs::WasmOsCallback;
use sqlite_wasm_rs::vfs::{VfsFilesManager, transfer::DbTransfer};
use sqlite_wasm_vfs::sahpool::{self, OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil};
use wasm_bindgen::JsValue;

use crate::OpfsError;

/// A directory of OPFS whose files SQLite uses as its own, held by one worker at a time.
///
/// The files are opened once, when the pool is installed, as OPFS opens files only
/// asynchronously and SQLite asks for them synchronously. Their number is therefore fixed
/// beforehand: a database takes one slot, its write-ahead log another.
///
/// The browser grants the directory to one owner. Every other tab gets
/// [`OpfsError::OwnedElsewhere`] at once, without waiting, until the owner calls
/// [`pause`](Self::pause) or its worker ends.
///
/// Clones are handles to the same pool. Dropping them all releases nothing.
///
/// # Example
///
/// ```no_run
/// use runlog_wasm::{OpfsError, OpfsPool};
///
/// # async fn example() -> Result<(), OpfsError> {
/// let pool = OpfsPool::install("runlog", OpfsPool::SLOTS_DEFAULT).await?;
/// let connection = pool.open("history.db")?;
/// connection.execute_batch("CREATE TABLE IF NOT EXISTS run (id BLOB PRIMARY KEY) STRICT")?;
///
/// connection.close().map_err(|(_, error)| error)?;
/// pool.pause()?; // Now another tab may install the pool.
/// # Ok(())
/// # }
/// ```
///
/// The pool is the VFS `opfs-sahpool` of SQLite, ported by the crate `sqlite-wasm-vfs`:
/// <https://sqlite.org/wasm/doc/trunk/persistence.md#vfs-opfs-sahpool>.
#[derive(Clone)]
pub struct OpfsPool {
    files: OpfsSAHPoolUtil,
    vfs: String,
}

impl OpfsPool {
    /// Slots for a database with its write-ahead log, twice, and two to spare.
    pub const SLOTS_DEFAULT: usize = 6;

    /// Takes possession of `directory`, given relative to the root of OPFS, and makes sure of at
    /// least `slots` files in it. What an earlier owner stored there stays.
    ///
    /// Installing a directory again in the same worker gives another handle to the same pool,
    /// resumed if it was paused.
    ///
    /// # Errors
    ///
    /// [`NotSupported`](OpfsError::NotSupported) outside of a dedicated worker,
    /// [`OwnedElsewhere`](OpfsError::OwnedElsewhere) if another tab was first,
    /// [`Denied`](OpfsError::Denied) in private windows of some browsers,
    /// [`Full`](OpfsError::Full), [`InvalidName`](OpfsError::InvalidName), and
    /// [`Damaged`](OpfsError::Damaged).
    pub async fn install(directory: &str, slots: usize) -> Result<Self, OpfsError> {
        if !is_supported() {
            return Err(OpfsError::NotSupported);
        }
        // One VFS per directory: the library refuses a second name for the same one.
        let segments: Vec<_> = directory.split('/').filter(|name| !name.is_empty()).collect();
        let vfs = format!("opfs:{}", segments.join("/"));
        let config = OpfsSAHPoolCfgBuilder::new()
            .vfs_name(&vfs)
            .directory(directory)
            .initial_capacity(slots)
            .build();
        let files = sahpool::install::<WasmOsCallback>(&config, false).await?;
        // Both are for a pool that was there already, to which `config` is not applied.
        files.resume().await?;
        files.ensure_capacity(slots).await?;
        Ok(Self { files, vfs })
    }

    /// Opens the database `name`, creating it if there is none, in exclusive locking mode with a
    /// write-ahead log: the pool has no shared memory, which any other kind of log would need.
    ///
    /// `synchronous` is left to the caller.
    ///
    /// # Errors
    ///
    /// [`AlreadyOpen`](OpfsError::AlreadyOpen) unless the previous connection to it is closed,
    /// [`NoFreeSlot`](OpfsError::NoFreeSlot), [`Full`](OpfsError::Full),
    /// [`Paused`](OpfsError::Paused), [`NeedsPause`](OpfsError::NeedsPause),
    /// [`InvalidName`](OpfsError::InvalidName),
    /// [`NoWriteAheadLog`](OpfsError::NoWriteAheadLog), or what SQLite says of the file.
    pub fn open(&self, name: &str) -> Result<Connection, OpfsError> {
        if self.is_open(name)? {
            return Err(OpfsError::AlreadyOpen { name: name.to_owned() });
        }
        let connect = || -> rusqlite::Result<(Connection, String)> {
            let connection = self.connect(name)?;
            connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
            let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            Ok((connection, mode))
        };
        match connect() {
            Ok((connection, mode)) if mode == "wal" => Ok(connection),
            Ok((_, mode)) => Err(OpfsError::NoWriteAheadLog { mode }),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Gives the directory back, so that another tab or worker may install it. The databases
    /// stay where they are.
    ///
    /// # Errors
    ///
    /// [`InUse`](OpfsError::InUse) while a connection is open; nothing happens then.
    pub fn pause(&self) -> Result<(), OpfsError> {
        Ok(self.files.pause()?)
    }

    /// Takes possession again after [`pause`](Self::pause); nothing happens if it is held still.
    ///
    /// # Errors
    ///
    /// As [`install`](Self::install); the pool stays paused and the call can be repeated.
    pub async fn resume(&self) -> Result<(), OpfsError> {
        Ok(self.files.resume().await?)
    }

    /// Whether the directory is given back.
    pub fn is_paused(&self) -> bool {
        self.files.is_paused()
    }

    /// Removes the database `name` and its journals; `false` if there was none.
    ///
    /// # Errors
    ///
    /// [`InUse`](OpfsError::InUse) while it is open, [`Paused`](OpfsError::Paused).
    pub fn remove(&self, name: &str) -> Result<bool, OpfsError> {
        let removed = self.files.remove(name)?;
        for journal in ["-wal", "-journal"] {
            self.files.remove(&format!("{name}{journal}"))?;
        }
        Ok(removed)
    }

    /// Names of all files in the pool, databases and journals, in no order.
    ///
    /// # Errors
    ///
    /// [`Paused`](OpfsError::Paused).
    pub fn files(&self) -> Result<Vec<String>, OpfsError> {
        Ok(self.files.names()?)
    }

    /// Opens the database `name` as [`Self::open`] does, but without a log: what is written to it is
    /// worth nothing where that is cut short.
    pub(crate) fn open_alone(&self, name: &str) -> Result<Connection, OpfsError> {
        if self.is_open(name)? {
            return Err(OpfsError::AlreadyOpen { name: name.to_owned() });
        }
        let connect = || -> rusqlite::Result<Connection> {
            let connection = self.connect(name)?;
            connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
            connection.execute_batch("PRAGMA journal_mode = OFF")?;
            Ok(connection)
        };
        connect().map_err(|error| self.explain(error))
    }

    /// The pool of the library.
    pub(crate) fn transfer(&self) -> &OpfsSAHPoolUtil {
        &self.files
    }

    fn connect(&self, name: &str) -> rusqlite::Result<Connection> {
        // Without SQLITE_OPEN_URI, so that no name has a second meaning.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Connection::open_with_flags_and_vfs(name, flags, self.vfs.as_str())
    }

    fn is_open(&self, name: &str) -> Result<bool, OpfsError> {
        // The library tells who is open only to those who ask to export, and tells nothing else
        // before it: a database with a leftover journal is not open, only unfit for export.
        match self.files.open_export(name) {
            Err(OpfsSAHError::FileInUse(_)) => Ok(true),
            Ok(_) | Err(OpfsSAHError::FileNotFound(_) | OpfsSAHError::RecoveryRequired(_)) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// SQLite says of a file it did not get only that it cannot open it; the pool knows why.
    fn explain(&self, error: rusqlite::Error) -> OpfsError {
        if error.sqlite_error_code() != Some(ErrorCode::CannotOpen) {
            return error.into();
        }
        let slots = self.files.capacity();
        match self.files.len() {
            Ok(taken) if taken == slots => OpfsError::NoFreeSlot { slots },
            Ok(_) => error.into(),
            Err(reason) => reason.into(),
        }
    }
}

/// Whether this is a worker with synchronous file handles. The VFS asks for less, and a call of a missing
/// function would be an exception in the midst of it.
fn is_supported() -> bool {
    let get = |object: &JsValue, name: &str| js_sys::Reflect::get(object, &name.into()).ok();
    let handle = get(&js_sys::global(), "FileSystemFileHandle");
    handle
        .and_then(|handle| get(&handle, "prototype"))
        .and_then(|prototype| get(&prototype, "createSyncAccessHandle"))
        .is_some_and(|function| function.is_function())
}
