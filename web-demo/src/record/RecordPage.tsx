import { useMemo, useRef, useState, type ReactNode } from "react";

import { useRunlog } from "../history.tsx";
import { bytes } from "../format.ts";
import { Icon } from "../ui/Icon.tsx";
import { isFull } from "../ui/Problem.tsx";
import { toast, toastError } from "../ui/toast.tsx";
import { Recent } from "./Recent.tsx";
import { callAddress, hashFile, type Working } from "./work.ts";

/** Real work of this page, recorded like that of any other device. */
export function RecordPage(): ReactNode {
  return (
    <div className="page">
      <title>Record · Runlog</title>
      <header className="page-head">
        <h1>Record something in this page</h1>
        <p className="soft">This browser is a device of its own: what it does here is recorded, kept offline, and synced like any other run.</p>
      </header>
      <div className="cards">
        <HashCard />
        <CallCard />
      </div>
      <Recent />
    </div>
  );
}

interface Job {
  readonly isBusy: boolean;
  readonly begin: (start: (signal: AbortSignal) => Working) => Promise<void>;
  readonly cancel: () => void;
}

/** One piece of work at a time. */
function useJob(): Job {
  const [isBusy, setBusy] = useState(false);
  const abort = useRef<AbortController>(null);
  const begin = async (start: (signal: AbortSignal) => Working) => {
    abort.current = new AbortController();
    setBusy(true);
    try {
      const { done } = start(abort.current.signal);
      const { outcome, text } = await done;
      toast({ text, tone: outcome === "failed" ? "bad" : "plain" });
    } catch (error) {
      tell(error);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, begin, cancel: () => abort.current?.abort() };
}

/** What could not be stored is not lost while this tab is open: its recorder tries again. */
function tell(error: unknown): void {
  toastError(error, isFull(error) ? "There is no space left in this browser. What is recorded is kept in this tab, and stored once there is." : undefined);
}

function useRecorder() {
  const runlog = useRunlog();
  return useMemo(() => runlog.recorder({ onError: tell }), [runlog]);
}

function HashCard(): ReactNode {
  const recorder = useRecorder();
  const job = useJob();
  const [file, setFile] = useState<File>();
  return (
    <form
      className="card"
      aria-labelledby="hash-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (file) void job.begin((signal) => hashFile(recorder, file, signal));
      }}
    >
      <h2 id="hash-title">Hash a file</h2>
      <p className="soft">SHA-256, in a worker. The file stays here: only its name, size and hash are recorded.</p>
      <label className="field">
        File{file && ` (${bytes(file.size)})`}
        <input className="input" type="file" required onChange={(event) => setFile(event.target.files?.[0])} />
      </label>
      <Buttons job={job} name="Hash and record" />
    </form>
  );
}

function CallCard(): ReactNode {
  const recorder = useRecorder();
  const job = useJob();
  const [address, setAddress] = useState(`${location.origin}/`);
  return (
    <form
      className="card"
      aria-labelledby="call-title"
      onSubmit={(event) => {
        event.preventDefault();
        const url = URL.parse(address, location.href);
        if (url) void job.begin((signal) => callAddress(recorder, url, signal));
      }}
    >
      <h2 id="call-title">Call an address</h2>
      <p className="soft">GET, with status, headers and time. Another origin has to allow it (CORS).</p>
      <label className="field">
        Address
        <input className="input" type="url" required value={address} onChange={(event) => setAddress(event.target.value)} />
      </label>
      <Buttons job={job} name="Call and record" />
    </form>
  );
}

function Buttons({ job, name }: { job: Job; name: string }): ReactNode {
  return (
    <div className="card-end">
      {job.isBusy && (
        <button type="button" className="button" onClick={job.cancel}>
          Cancel
        </button>
      )}
      <button type="submit" className="button" data-kind="primary" disabled={job.isBusy}>
        <Icon name="record" />
        {job.isBusy ? "Recording …" : name}
      </button>
    </div>
  );
}
