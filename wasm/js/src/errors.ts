/**
 * What went wrong, as a stable name to decide by.
 *
 * - `invalid`: a value that is not admitted; the message names the field and what is expected.
 * - `notFound`, `ambiguous`, `exists`, `inTrash`, `notInTrash`, `transition`, `keptByEdit`: the history
 *   refuses it.
 * - `quota`, `opfs_full`: the browser gives no more space.
 * - `corrupt`, `storage`: the database is damaged, or cannot be read or written.
 * - `notADatabase`, `newer`: what was to be taken in is no history, or one of a newer version of Runlog.
 * - `opfs_…`: OPFS cannot be used; see `storage.reason`.
 * - `noVault`, `vaultExists`, `otherVault`: what the history belongs to does not fit.
 * - `locked`, `secretGone`, `wrongPassphrase`, `phrase`, `keep`: the vault's secret is not at hand, what was
 *   typed is not it, or the browser does not keep it.
 * - `noOffer`, `wrongCode`: nothing waits under a pairing code, or it is another one.
 * - `syncOff`, `noBackend`, `unknownBackend`, `backendExists`: what a sync needs is not there.
 * - `unreachable`, `busy`, `relayFailed`: the relay does not answer, asks to wait, or failed; try again later.
 * - `unauthorised`: the relay lets this device in no more, or the code is not its.
 * - `needsAccount`: the relay does not know the vault, and only an account makes it known.
 * - `refused`, `notARelay`: the relay says no, or something else answers there.
 * - `cancelled`: it was told to stop.
 * - `closed`: the client was closed.
 * - `crashed`: the worker that owned the history ran out of memory, or has a defect; open the history again.
 * - `unsupported`: there are no workers here (Node, server-side rendering).
 */
export type ErrorCode =
  | "invalid"
  | "notFound"
  | "ambiguous"
  | "exists"
  | "inTrash"
  | "notInTrash"
  | "transition"
  | "keptByEdit"
  | "quota"
  | "corrupt"
  | "storage"
  | "notADatabase"
  | "newer"
  | "failed"
  | "noVault"
  | "vaultExists"
  | "otherVault"
  | "locked"
  | "secretGone"
  | "wrongPassphrase"
  | "phrase"
  | "keep"
  | "noOffer"
  | "wrongCode"
  | "syncOff"
  | "noBackend"
  | "unknownBackend"
  | "backendExists"
  | "unreachable"
  | "busy"
  | "relayFailed"
  | "unauthorised"
  | "needsAccount"
  | "refused"
  | "notARelay"
  | "cancelled"
  | "closed"
  | "crashed"
  | "unsupported"
  | `opfs_${string}`;

/** An error of Runlog. */
export class RunlogError extends Error {
  /** What went wrong; stays the same from version to version. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "RunlogError";
    this.code = code;
  }
}

/** An error as it crosses from worker to worker. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Whatever was thrown, as it crosses. */
export function plain(error: unknown): PlainError {
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    return { code: String(error.code) as ErrorCode, message: String(error.message) };
  }
  return { code: "failed", message: error instanceof Error ? error.message : String(error) };
}
