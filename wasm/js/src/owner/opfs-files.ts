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
/** In the directory of a call, once all its files are there. */
const DONE = "done";

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

/**
 * Moves the files of a directory to where they are in nobody's way, in place of those that an earlier call set
 * aside. The same call again, known by its `id`, goes on where it was cut off, and does nothing once it was done.
 */
export async function setAside(path: string, id: string): Promise<void> {
  const [parent = "", name = ""] = path.split("/");
  const aside = await directory(`${parent}/${ASIDE}`, true);
  const target = (await child(aside, name)) ?? (await aside.getDirectoryHandle(name, { create: true }));
  let call = await child(target, id);
  if (!call) {
    for await (const held of target.keys()) await target.removeEntry(held, { recursive: true });
    call = await target.getDirectoryHandle(id, { create: true });
  }
  if (await child(call, DONE)) return;
  for (const handle of await files(await directory(path, true))) await (handle as Movable).move(target, handle.name);
  await call.getDirectoryHandle(DONE, { create: true });
}

/** A directory in another one, where it is there. */
async function child(parent: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await parent.getDirectoryHandle(name);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
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
