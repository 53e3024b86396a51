import { useRef, useState, type ReactNode } from "react";
import type { Execution, Level, Stream } from "runlog";
import { useSearchParams } from "wouter";

import { number, plural } from "../format.ts";
import { useKeys } from "../keys.ts";
import { useNarrow } from "../useNarrow.ts";
import { Icon } from "../ui/Icon.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Select } from "../ui/Select.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { LogLines, type TimeShown } from "./LogLines.tsx";
import { useMatches, useWholeLog, type LogFilter } from "./log-source.ts";

const LEVELS = [["", "Any level"], ["debug", "Debug and up"], ["info", "Info and up"], ["warn", "Warnings and up"], ["error", "Errors"]] as const;
const STREAMS = [["", "All streams"], ["stdout", "stdout"], ["stderr", "stderr"], ["event", "Events"]] as const;
const TIMES = [["none", "No times"], ["elapsed", "Elapsed"], ["clock", "Time of day"]] as const;

/** The log of a run: the whole of it, or the lines that match, linked line by line. */
export function Logs({ run }: { run: Execution }): ReactNode {
  const [search, setSearch] = useSearchParams();
  const isNarrow = useNarrow();
  const [text, setText] = useState("");
  const [stream, setStream] = useState("");
  const [level, setLevel] = useState("");
  const [time, setTime] = useState<TimeShown>("none");
  const [isWrapped, setWrapped] = useState(isNarrow);
  const line = Number(search.get("line") ?? Number.NaN);
  const [isFollowing, setFollowing] = useState(run.status === "running" && Number.isNaN(line));
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.select(), f: () => setFollowing((on) => !on) });
  const filter: LogFilter = { text, ...(stream ? { stream: stream as Stream } : {}), ...(level ? { level: level as Level } : {}) };
  const isFiltered = text !== "" || stream !== "" || level !== "";
  const whole = useWholeLog(run.id);
  const matches = useMatches(run.id, filter, isFiltered);
  const rows = isFiltered ? matches : whole;
  /** A link to a line shows it among all others. */
  const goTo = (sequence: number) => {
    setFollowing(false);
    if (isFiltered) {
      setText("");
      setStream("");
      setLevel("");
    }
    setSearch({ line: String(sequence) }, { replace: true });
  };
  return (
    <div className="logs">
      <div className="log-tools" role="search" aria-label="In this log">
        <div className="search">
          <Icon name="search" />
          <input ref={input} type="search" aria-label="Find in the log" placeholder="Find in the log" value={text} spellCheck={false} onChange={(event) => setText(event.target.value)} />
        </div>
        <div className="log-tools-rest">
          <Select label="Level" value={level} options={LEVELS} onChange={setLevel} />
          <Select label="Stream" value={stream} options={STREAMS} onChange={setStream} />
          <Select label="Times" value={time} options={TIMES} onChange={(value) => setTime(value as TimeShown)} />
          <button type="button" className="button" aria-pressed={isWrapped} onClick={() => setWrapped(!isWrapped)}>
            Wrap
          </button>
          <button type="button" className="button" aria-pressed={isFollowing} title="Follow the end of the log (f)" onClick={() => setFollowing(!isFollowing)}>
            <Icon name="down" />
            Follow
          </button>
          <p className="soft log-count" role="status">
            {isFiltered
              ? `${plural(matches.count ?? 0, "line")} of ${number(whole.count ?? 0)}${matches.isLooking ? " …" : ""}${matches.isCut ? ", more are not shown" : ""}`
              : whole.count !== undefined && plural(whole.count, "line")}
          </p>
        </div>
      </div>
      {rows.error && <Problem error={rows.error} />}
      {whole.count === undefined ? (
        <Loading what="the log" />
      ) : whole.count === 0 ? (
        <Empty icon="runs" title={run.status === "running" ? "Nothing was printed so far" : "It printed nothing"} />
      ) : isFiltered && matches.count === 0 && !matches.isLooking ? (
        <Empty icon="search" title="No line matches" />
      ) : (
        <LogLines
          key={isFiltered ? "matches" : "whole"}
          rows={rows}
          marked={text}
          time={time}
          origin={run.startedAt ?? run.createdAt}
          isWrapped={isWrapped}
          isFollowing={isFollowing}
          onFollow={setFollowing}
          line={isFiltered || Number.isNaN(line) ? null : line}
          onLine={goTo}
        />
      )}
    </div>
  );
}
