/**
 * The files of a history on OPFS as they are, for a database that SQLite cannot read. The pool that holds
 * them (`opfs-sahpool` of SQLite) gives its files random names; the one that SQLite knows is at the
 * beginning of each, and the content follows behind.
 */
import { RunlogError } from "../errors.js";

/** Bytes before the content. */
const HEADER_BYTES = 4096;
/** Bytes of the name, which ends with a zero. */
const NAME_BYTES = 512;
const FILE = "history.db";
/** Holds what was set aside. No history has a space in its name. */
const ASIDE = "set aside";

interface Movable extends FileSystemFileHandle {
  move(directory: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** The bytes of the database in a directory; nobody may have it open. */
export async function bytesOf(path: string): Promise<Blob> {
  for (const handle of await files(await directory(path, false))) {
    const file = await handle.getFile();
    const name = new TextDecoder().decode(await file.slice(0, NAME_BYTES).arrayBuffer());
    if (name.slice(0, name.indexOf("\0")).replace(/^\//, "") !== FILE) continue;
    // A copy: a part of a file is worth nothing once the file changes.
    const bytes = await file.slice(HEADER_BYTES).arrayBuffer();
    return new Blob([bytes], { type: "application/vnd.sqlite3" });
  }
  throw new RunlogError("notFound", "there are no files of this history");
}

/** Moves the files of a directory to where they are in nobody's way. */
export async function setAside(path: string): Promise<void> {
  const [parent = "", name = ""] = path.split("/");
  const aside = await directory(`${parent}/${ASIDE}`, true);
  await aside.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  });
  const target = await aside.getDirectoryHandle(name, { create: true });
  for (const handle of await files(await directory(path, true))) await (handle as Movable).move(target, handle.name);
}

/** The files of a pool. */
async function files(pool: FileSystemDirectoryHandle): Promise<FileSystemFileHandle[]> {
  const found: FileSystemFileHandle[] = [];
  const opaque = await pool.getDirectoryHandle(".opaque", { create: true });
  for await (const handle of opaque.values()) if (handle.kind === "file") found.push(handle);
  return found;
}

async function directory(path: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  let found = await navigator.storage.getDirectory();
  for (const name of path.split("/")) found = await found.getDirectoryHandle(name, { create });
  return found;
}
