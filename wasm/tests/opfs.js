export async function ownElsewhere(directory) {
  const root = await navigator.storage.getDirectory();
  const pool = await root.getDirectoryHandle(directory, { create: true });
  const lock = await pool.getFileHandle(".lock", { create: true });
  return lock.createSyncAccessHandle();
}

/** Refuses what would make a file longer, as a browser does at its quota. */
export function fillDisk() {
  return refuse((handle, end) => end > handle.getSize());
}

/** Refuses every write. */
export function breakDisk() {
  return refuse(() => true);
}

function refuse(isRefused) {
  const prototype = FileSystemSyncAccessHandle.prototype;
  const { write, truncate } = prototype;
  const check = (handle, end) => {
    if (isRefused(handle, end)) {
      throw new DOMException("no space left", "QuotaExceededError");
    }
  };
  prototype.write = function (bytes, options) {
    check(this, (options?.at ?? 0) + bytes.byteLength);
    return write.call(this, bytes, options);
  };
  prototype.truncate = function (size) {
    check(this, size);
    return truncate.call(this, size);
  };
  return () => Object.assign(prototype, { write, truncate });
}
