// A worker that hashes one file and tells how far it is.

export interface ToHasher {
  readonly file: File;
}

export type FromHasher =
  | { readonly type: "phase"; readonly phase: string }
  | { readonly type: "task"; readonly event: "task_started" | "task_completed"; readonly task: string; readonly bytes: number }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "done"; readonly digest: string };

/** The browser hashes what is in memory at once; more than this is refused. */
const BYTES_MAX = 1 << 30;
const PART = 32 << 20;

const tell = (message: FromHasher) => postMessage(message);

async function hash(file: File): Promise<string> {
  if (file.size > BYTES_MAX) throw new Error(`the file has ${file.size} bytes, at most ${BYTES_MAX} are hashed here`);
  tell({ type: "phase", phase: "read" });
  const all = new Uint8Array(file.size);
  for (let from = 0, part = 1; from < file.size; from += PART, part += 1) {
    const task = `part ${part}`;
    const bytes = Math.min(PART, file.size - from);
    tell({ type: "task", event: "task_started", task, bytes });
    all.set(new Uint8Array(await file.slice(from, from + PART).arrayBuffer()), from);
    tell({ type: "task", event: "task_completed", task, bytes });
  }
  tell({ type: "phase", phase: "digest" });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

self.onmessage = ({ data }: MessageEvent<ToHasher>) => {
  hash(data.file).then(
    (digest) => tell({ type: "done", digest }),
    (error: unknown) => tell({ type: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
};
