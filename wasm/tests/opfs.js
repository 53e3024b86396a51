export async function ownElsewhere(directory) {
  const root = await navigator.storage.getDirectory();
  const pool = await root.getDirectoryHandle(directory, { create: true });
  const lock = await pool.getFileHandle(".lock", { create: true });
  return lock.createSyncAccessHandle();
}

export function fillDisk() {
  const { write } = FileSystemSyncAccessHandle.prototype;
  FileSystemSyncAccessHandle.prototype.write = () => {
    throw new DOMException("no space left", "QuotaExceededError");
  };
  return () => {
    FileSystemSyncAccessHandle.prototype.write = write;
  };
}
