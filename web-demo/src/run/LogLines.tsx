import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef, type ReactNode } from "react";
import type { Millis } from "runlog";

import { bytes, duration, number, preciseTime } from "../format.ts";
import { describeEvent } from "./events.ts";
import { LineText } from "./LineText.tsx";
import type { LogRows, Row } from "./log-source.ts";

export type TimeShown = "none" | "elapsed" | "clock";

const LINE_HEIGHT = 20;

interface LogLinesProps {
  rows: LogRows;
  marked: string;
  time: TimeShown;
  origin: Millis;
  isWrapped: boolean;
  isFollowing: boolean;
  onFollow: (isFollowing: boolean) => void;
  /** The sequence of the line that is linked to. */
  line: number | null;
  onLine: (sequence: number) => void;
}

/** The lines on the screen. */
export function LogLines(props: LogLinesProps): ReactNode {
  const { rows, isWrapped, isFollowing, line } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const count = rows.count ?? 0;
  const lines = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 30,
  });
  const items = lines.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => rows.show(first, last));
  useEffect(() => lines.measure(), [lines, isWrapped]);
  useEffect(() => {
    if (isFollowing && count > 0) lines.scrollToIndex(count - 1, { align: "end" });
  }, [lines, isFollowing, count]);
  const isReady = count > 0;
  useEffect(() => {
    if (line !== null && isReady) lines.scrollToIndex(line - 1, { align: "center" });
  }, [lines, line, isReady]);
  // Whoever scrolls up wants to read; a wheel or a key is a person, a move alone may be the follower.
  const onWheel = (up: boolean) => {
    if (up && isFollowing) props.onFollow(false);
  };
  const digits = String(count).length;
  return (
    <div
      ref={scroller}
      className="log-scroll"
      data-wrapped={isWrapped || undefined}
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
      tabIndex={0}
      onWheel={(event) => onWheel(event.deltaY < 0)}
      onKeyDown={(event) => onWheel(["ArrowUp", "PageUp", "Home"].includes(event.key))}
      onTouchMove={() => onWheel(true)}
    >
      <div className="log-body" style={{ height: lines.getTotalSize() }}>
        {items.map(({ index, start }) => (
          <div
            key={index}
            data-index={index}
            ref={isWrapped ? lines.measureElement : undefined}
            className="log-place"
            style={{ transform: `translateY(${start}px)` }}
          >
            <LogRow
              row={rows.at(index)}
              index={index}
              digits={digits}
              marked={props.marked}
              time={props.time}
              origin={props.origin}
              isLinked={line !== null && rows.at(index) !== undefined && line === index + 1}
              onLine={props.onLine}
            />
          </div>
        ))}
      </div>
    </div>
  );
}

interface LogRowProps {
  row: Row | undefined;
  index: number;
  digits: number;
  marked: string;
  time: TimeShown;
  origin: Millis;
  isLinked: boolean;
  onLine: (sequence: number) => void;
}

const LogRow = memo(function LogRow({ row, index, digits, marked, time, origin, isLinked, onLine }: LogRowProps): ReactNode {
  if (!row) return <div className="log-line" aria-busy="true">&nbsp;</div>;
  if (row.type === "gap") return <Gap row={row} index={index} />;
  return (
    <div className="log-line" data-stream={row.stream} data-level={row.level ?? undefined} data-linked={isLinked || undefined}>
      <a
        className="log-number"
        href={`?line=${row.sequence}`}
        style={{ width: `${digits + 2}ch` }}
        tabIndex={-1}
        aria-label={`Line ${row.sequence}`}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          onLine(row.sequence);
        }}
      >
        {row.sequence}
      </a>
      {time !== "none" && (
        <time className="log-time">{time === "clock" ? preciseTime(row.time) : `+${duration(Math.max(0, row.time - origin))}`}</time>
      )}
      {row.stream === "stderr" && <span className="log-mark" title="stderr">!</span>}
      <span className="log-text">
        {row.stream === "event" ? <Event text={row.text} marked={marked} /> : <LineText text={row.text} marked={marked} />}
      </span>
    </div>
  );
});

/** An event in words; its JSON where it is searched. */
function Event({ text, marked }: { text: string; marked: string }): ReactNode {
  if (marked !== "") return <LineText text={text} marked={marked} />;
  const { type, rest } = describeEvent(text);
  return (
    <>
      <span className="log-event">{type}</span> {rest}
    </>
  );
}

/** The first row of a gap tells of it, or the first of a page of matches. */
function Gap({ row, index }: { row: Extract<Row, { type: "gap" }>; index: number }): ReactNode {
  const isFirst = row.first === index + 1;
  const why = row.reason === "limit" ? "the log had reached its limit" : "they came faster than they could be written";
  return (
    <div className="log-line log-gap">
      {isFirst ? `Lines ${number(row.first)} to ${number(row.last)} (${bytes(row.bytes)}) are gone: ${why}.` : "⋯"}
    </div>
  );
}
