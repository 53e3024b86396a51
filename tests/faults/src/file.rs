//! The file methods: one open file, wrapped around the file of the VFS below.
#![allow(unsafe_code, reason = "SQLite calls file methods through a table of C functions")]

use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::sync::Arc;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods};

use crate::child::KILLED_STATUS;
use crate::disk::{Call, Disk, Verdict};

/// What SQLite sees as an open file. The file of the VFS below follows it in the same allocation.
#[repr(C, align(8))]
pub(crate) struct FaultFile {
    base: sqlite3_file,
    /// From [`Arc::into_raw`], given back by `close`. Null for a temporary file.
    disk: *const Disk,
}

/// Bytes of a file, given those of a file of the VFS below.
pub(crate) const fn size_over(inner: c_int) -> c_int {
    size_of::<FaultFile>() as c_int + inner
}

/// The file of the VFS below.
///
/// # Safety
///
/// `file` must point to an allocation of [`size_over`] bytes.
pub(crate) unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: within the allocation, by the caller's promise; aligned, as `FaultFile` is.
    unsafe { file.cast::<FaultFile>().add(1).cast() }
}

/// Completes an open: puts the wrapper around the file that the VFS below has just opened, or
/// marks it as not open if that one is not.
///
/// # Safety
///
/// `file` must point to an allocation of [`size_over`] bytes whose [`inner`] part has been through
/// `xOpen` of the VFS below, and which is not yet wrapped.
pub(crate) unsafe fn wrap(file: *mut sqlite3_file, disk: Option<Arc<Disk>>) {
    // SAFETY: both parts lie in the allocation; the VFS below has set its `pMethods`, to null or
    // to a table that lives as long as the file.
    unsafe {
        let version = (*inner(file)).pMethods.as_ref().map(|methods| methods.iVersion);
        let base = sqlite3_file { pMethods: version.map_or(ptr::null(), methods_of) };
        // SQLite closes only files that have methods: no disk is held for one that has none.
        let disk = disk.filter(|_| version.is_some()).map_or(ptr::null(), Arc::into_raw);
        file.cast::<FaultFile>().write(FaultFile { base, disk });
    }
}

/// Ends the process as a crash would: no unwinding, no exit handlers, no buffers flushed.
pub(crate) fn kill() -> ! {
    // SAFETY: takes no pointers and does not return.
    unsafe { libc::_exit(KILLED_STATUS) }
}

/// SQLite must not find newer methods in the wrapper than the file below has.
fn methods_of(version: c_int) -> *const sqlite3_io_methods {
    match version {
        ..=1 => &METHODS_1,
        2 => &METHODS_2,
        3.. => &METHODS_3,
    }
}

static METHODS_1: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// With shared memory, for a WAL.
static METHODS_2: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    ..METHODS_1
};

/// With memory-mapped reads. SQLite writes through `xWrite` even where it reads through a map.
static METHODS_3: sqlite3_io_methods =
    sqlite3_io_methods { iVersion: 3, xFetch: Some(fetch), xUnfetch: Some(unfetch), ..METHODS_2 };

/// Calls a method of the file below.
macro_rules! below {
    ($file:expr, $method:ident($($argument:expr),*)) => {{
        // SAFETY: SQLite calls the methods of a file only between open and close, with arguments
        // as the method's contract has them. `wrap` chose the table by the version of the file
        // below, so that one has the method.
        unsafe {
            let inner = inner($file);
            let method = (*(*inner).pMethods).$method.expect(stringify!($method));
            method(inner, $($argument),*)
        }
    }};
}

/// Methods that only pass the call on.
macro_rules! pass_on {
    ($($name:ident => $method:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $type),*) $(-> $answer)? {
            below!(file, $method($($argument),*))
        }
    )*};
}

pass_on! {
    read => xRead(buffer: *mut c_void, bytes: c_int, offset: sqlite3_int64) -> c_int;
    file_size => xFileSize(size: *mut sqlite3_int64) -> c_int;
    lock => xLock(level: c_int) -> c_int;
    unlock => xUnlock(level: c_int) -> c_int;
    check_reserved_lock => xCheckReservedLock(held: *mut c_int) -> c_int;
    file_control => xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size => xSectorSize() -> c_int;
    device_characteristics => xDeviceCharacteristics() -> c_int;
    shm_map => xShmMap(
        region: c_int, bytes: c_int, extend: c_int, address: *mut *mut c_void
    ) -> c_int;
    shm_lock => xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier => xShmBarrier();
    shm_unmap => xShmUnmap(delete: c_int) -> c_int;
    fetch => xFetch(offset: sqlite3_int64, bytes: c_int, address: *mut *mut c_void) -> c_int;
    unfetch => xUnfetch(offset: sqlite3_int64, address: *mut c_void) -> c_int;
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    buffer: *const c_void,
    bytes: c_int,
    offset: sqlite3_int64,
) -> c_int {
    match judge(file, Call::Write) {
        Verdict::Pass => below!(file, xWrite(buffer, bytes, offset)),
        Verdict::Refuse(code) => code,
        Verdict::Kill => kill(),
        Verdict::TearThenKill => {
            below!(file, xWrite(buffer, bytes / 2, offset));
            kill()
        }
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    match judge(file, Call::Truncate) {
        Verdict::Pass => below!(file, xTruncate(size)),
        Verdict::Refuse(code) => code,
        Verdict::Kill | Verdict::TearThenKill => kill(),
    }
}

/// Not carried out: a process that ends loses nothing the system has taken, and no test here can
/// tell the difference except by the time it takes.
unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    match judge(file, Call::Sync) {
        Verdict::Pass => ffi::SQLITE_OK,
        Verdict::Refuse(code) => code,
        Verdict::Kill | Verdict::TearThenKill => kill(),
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let code = below!(file, xClose());
    // SAFETY: `wrap` put the pointer there from `Arc::into_raw`; SQLite closes a file once.
    unsafe {
        let disk = (*file.cast::<FaultFile>()).disk;
        if !disk.is_null() {
            drop(Arc::from_raw(disk));
        }
    }
    code
}

fn judge(file: *mut sqlite3_file, call: Call) -> Verdict {
    // SAFETY: called by the methods above only, so the file is open and `close` has not yet given
    // the disk back.
    let disk = unsafe { (*file.cast::<FaultFile>()).disk.as_ref() };
    disk.map_or(Verdict::Pass, |disk| disk.judge(call))
}
