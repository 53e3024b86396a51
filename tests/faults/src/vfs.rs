//! The VFS: opens and deletes files through the default VFS, and passes the rest on to it.
#![allow(unsafe_code, reason = "a VFS is a table of C functions that SQLite calls")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::{Arc, LazyLock};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_vfs};

use crate::disk::{Call, Disk, Verdict, database_of};
use crate::file;

const NAME: &CStr = c"runlog-fault";

/// Adds the VFS to SQLite, the first time it is called in a process, and returns its name for
/// [`Connection::open_with_flags_and_vfs`](rusqlite::Connection::open_with_flags_and_vfs).
///
/// It is not the default: connections opened without the name have no faults.
pub fn register() -> &'static str {
    static REGISTERED: LazyLock<c_int> = LazyLock::new(register_once);
    assert_eq!(*REGISTERED, ffi::SQLITE_OK, "SQLite takes the VFS");
    NAME.to_str().expect("the name is ASCII")
}

fn register_once() -> c_int {
    // SAFETY: `sqlite3_vfs_find` initialises SQLite and answers its default VFS, which lives as
    // long as the process; so does ours, as it is leaked.
    unsafe {
        let inner = ffi::sqlite3_vfs_find(ptr::null());
        let Some(inner) = inner.as_mut() else { return ffi::SQLITE_ERROR };
        let vfs = Box::leak(Box::new(vfs_over(inner)));
        ffi::sqlite3_vfs_register(vfs, 0)
    }
}

fn vfs_over(inner: &'static mut sqlite3_vfs) -> sqlite3_vfs {
    sqlite3_vfs {
        iVersion: inner.iVersion.min(3),
        szOsFile: file::size_over(inner.szOsFile),
        mxPathname: inner.mxPathname,
        pNext: ptr::null_mut(),
        zName: NAME.as_ptr(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: inner.xDlOpen.and(Some(dl_open)),
        xDlError: inner.xDlError.and(Some(dl_error)),
        xDlSym: inner.xDlSym.and(Some(dl_sym)),
        xDlClose: inner.xDlClose.and(Some(dl_close)),
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: inner.xGetLastError.and(Some(last_error)),
        xCurrentTimeInt64: inner.xCurrentTimeInt64.and(Some(current_time_int64)),
        xSetSystemCall: inner.xSetSystemCall.and(Some(set_system_call)),
        xGetSystemCall: inner.xGetSystemCall.and(Some(get_system_call)),
        xNextSystemCall: inner.xNextSystemCall.and(Some(next_system_call)),
        pAppData: ptr::from_mut(inner).cast(),
    }
}

type Symbol = Option<unsafe extern "C" fn(*mut sqlite3_vfs, *mut c_void, *const c_char)>;

/// Calls a method of the VFS below, with itself as the first argument.
macro_rules! below {
    ($vfs:expr, $method:ident($($argument:expr),*)) => {{
        // SAFETY: `vfs_over` put the VFS below into `pAppData`, and this method into our table
        // only if that one has it; SQLite passes arguments as the method's contract has them.
        unsafe {
            let inner = (*$vfs).pAppData.cast::<sqlite3_vfs>();
            let method = (*inner).$method.expect(stringify!($method));
            method(inner, $($argument),*)
        }
    }};
}

/// Methods that only pass the call on.
macro_rules! pass_on {
    ($($name:ident => $method:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        unsafe extern "C" fn $name(vfs: *mut sqlite3_vfs, $($argument: $type),*) $(-> $answer)? {
            below!(vfs, $method($($argument),*))
        }
    )*};
}

pass_on! {
    access => xAccess(name: *const c_char, flags: c_int, answer: *mut c_int) -> c_int;
    full_pathname => xFullPathname(
        name: *const c_char, bytes_max: c_int, full: *mut c_char
    ) -> c_int;
    dl_open => xDlOpen(name: *const c_char) -> *mut c_void;
    dl_error => xDlError(bytes_max: c_int, message: *mut c_char);
    dl_sym => xDlSym(library: *mut c_void, symbol: *const c_char) -> Symbol;
    dl_close => xDlClose(library: *mut c_void);
    randomness => xRandomness(bytes: c_int, buffer: *mut c_char) -> c_int;
    sleep => xSleep(microseconds: c_int) -> c_int;
    current_time => xCurrentTime(julian_days: *mut f64) -> c_int;
    last_error => xGetLastError(bytes_max: c_int, message: *mut c_char) -> c_int;
    current_time_int64 => xCurrentTimeInt64(julian_ms: *mut sqlite3_int64) -> c_int;
    set_system_call => xSetSystemCall(
        name: *const c_char, call: ffi::sqlite3_syscall_ptr
    ) -> c_int;
    get_system_call => xGetSystemCall(name: *const c_char) -> ffi::sqlite3_syscall_ptr;
    next_system_call => xNextSystemCall(name: *const c_char) -> *const c_char;
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite allocates `szOsFile` bytes, which `vfs_over` set to `size_over`.
    let inner_file = unsafe { file::inner(file) };
    let code = below!(vfs, xOpen(name, inner_file, flags, flags_out));
    // SAFETY: a name is null or a C string; the file has just been opened below, and is wrapped
    // once.
    unsafe { file::wrap(file, disk_to_open(name, flags)) };
    code
}

/// Without the sync of the directory, as files are not synced either.
unsafe extern "C" fn delete(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    _sync_directory: c_int,
) -> c_int {
    // SAFETY: SQLite passes the name of the file, a C string.
    let verdict = unsafe { path_of(name) }
        .map_or(Verdict::Pass, |name| Disk::of_resolved(database_of(name)).judge(Call::Delete));
    match verdict {
        Verdict::Pass => below!(vfs, xDelete(name, 0)),
        Verdict::Refuse(code) => code,
        Verdict::Kill | Verdict::TearThenKill => file::kill(),
    }
}

/// The disk a file lies on; none for temporary files, which belong to no database.
///
/// # Safety
///
/// `name` must be null or a C string.
unsafe fn disk_to_open(name: *const c_char, flags: c_int) -> Option<Arc<Disk>> {
    const JOURNAL: c_int =
        ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    // SAFETY: by the caller's promise.
    let name = unsafe { path_of(name) }?;
    if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
        Some(Disk::of_resolved(name))
    } else if flags & JOURNAL != 0 {
        Some(Disk::of_resolved(database_of(name)))
    } else {
        None
    }
}

/// # Safety
///
/// `name` must be null or a C string, and outlive the path.
unsafe fn path_of<'name>(name: *const c_char) -> Option<&'name Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}
