// Work that the page does and records: hashing a file, calling an address.
import type { Json, NewLine, Recorder } from "runlog";

import type { FromHasher, ToHasher } from "./hasher.ts";

/** What happened of a piece of work, for the one who waits for it. */
export interface Done {
  readonly outcome: "completed" | "failed" | "cancelled";
  readonly text: string;
}

/** A run of this page as it is told to the recorder. */
class Told {
  readonly #recorder: Recorder;
  readonly #id: string;

  constructor(recorder: Recorder, workflowId: string, workflowName: string, params: Readonly<Record<string, string>>) {
    this.#recorder = recorder;
    this.#id = recorder.start({ kind: "job", workflowId, workflowName, params, attributes: { agent: navigator.userAgent } });
  }

  get id(): string {
    return this.#id;
  }

  line(text: string, rest: Omit<NewLine, "text"> = {}): void {
    this.#recorder.append(this.#id, { text, ...rest });
  }

  event(type: string, members: Readonly<Record<string, Json>>): void {
    const level = type === "task_failed" ? ({ level: "error" } as const) : {};
    this.#recorder.append(this.#id, { text: JSON.stringify({ type, ...members }), stream: "event", ...level });
  }

  async end(done: Done): Promise<Done> {
    this.line(done.text, done.outcome === "failed" ? { stream: "stderr", level: "error" } : {});
    this.#recorder.finish(this.#id, { outcome: done.outcome });
    await this.#recorder.flush();
    return done;
  }
}

/** Work that goes on: the run that tells of it, and its end. */
export interface Working {
  readonly id: string;
  readonly done: Promise<Done>;
}

/** A worker without work. It is kept, as its script would have to be fetched again for the next file. */
let idleHasher: Worker | undefined;

function hasher(): Worker {
  const worker = idleHasher ?? new Worker(new URL("./hasher.ts", import.meta.url), { type: "module", name: "hasher" });
  idleHasher = undefined;
  return worker;
}

/** Hashes a file by SHA-256 in a worker, in the two phases `read` and `digest`. */
export function hashFile(recorder: Recorder, file: File, signal: AbortSignal): Working {
  const params = { file: file.name, bytes: String(file.size), type: file.type || "unknown" };
  const told = new Told(recorder, "hash-file", "Hash a file", params);
  const worker = hasher();
  let phase: string | undefined;
  const enter = (next: string | undefined) => {
    if (phase) told.event("phase_completed", { phase });
    if (next) told.event("phase_started", { phase: next });
    phase = next;
  };
  const ended = new Promise<Done>((resolve) => {
    signal.addEventListener("abort", () => resolve({ outcome: "cancelled", text: "cancelled" }));
    worker.onerror = (event) => resolve({ outcome: "failed", text: event.message || "the worker does not run" });
    worker.onmessage = ({ data }: MessageEvent<FromHasher>) => {
      if (data.type === "phase") enter(data.phase);
      else if (data.type === "task") told.event(data.event, { task: data.task, bytes: data.bytes });
      else if (data.type === "failed") resolve({ outcome: "failed", text: data.message });
      else resolve({ outcome: "completed", text: `sha256 ${data.digest}` });
    };
    worker.postMessage({ file } satisfies ToHasher);
  });
  const done = ended.then((done) => {
    if (done.outcome === "completed") {
      idleHasher = worker;
      enter(undefined);
    } else worker.terminate();
    return told.end(done);
  });
  return { id: told.id, done };
}

/** Calls an address by GET and reads the answer to its end. */
export function callAddress(recorder: Recorder, url: URL, signal: AbortSignal): Working {
  const told = new Told(recorder, "call-url", "Call an address", { url: url.href, method: "GET" });
  return { id: told.id, done: call(told, url, signal) };
}

async function call(told: Told, url: URL, signal: AbortSignal): Promise<Done> {
  const [request, body] = [{ task: "request" }, { task: "body" }];
  let task = request;
  told.event("task_started", request);
  try {
    const response = await fetch(url, { signal, cache: "no-store" });
    told.event("task_completed", { ...request, status: response.status });
    told.line(`${response.status} ${response.statusText}`, { level: response.ok ? "info" : "error" });
    for (const [name, value] of response.headers) told.line(`${name}: ${value}`, { level: "debug" });
    task = body;
    told.event("task_started", body);
    const { byteLength } = await response.arrayBuffer();
    told.event("task_completed", { ...body, bytes: byteLength });
    return await told.end({ outcome: response.ok ? "completed" : "failed", text: `${response.status}, ${byteLength} bytes` });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (signal.aborted) return told.end({ outcome: "cancelled", text: "cancelled" });
    told.event("task_failed", { ...task, error: text });
    return told.end({ outcome: "failed", text });
  }
}
