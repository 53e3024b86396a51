import { memo, type ReactNode } from "react";

import { pieces, plainText } from "./ansi.ts";

/** The text of a log line in its colours; what is searched for is marked instead. */
export const LineText = memo(function LineText({ text, marked = "" }: { text: string; marked?: string }): ReactNode {
  if (marked !== "") return <Marked text={plainText(text)} marked={marked} />;
  return pieces(text).map(({ text, classes, colour, background }, at) => {
    if (classes === "" && !colour && !background) return text;
    return (
      <span key={at} className={classes} style={{ color: colour, backgroundColor: background }}>
        {text}
      </span>
    );
  });
});

function Marked({ text, marked }: { text: string; marked: string }): ReactNode {
  const parts: ReactNode[] = [];
  const [low, wanted] = [text.toLowerCase(), marked.toLowerCase()];
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return [...parts, text.slice(from)];
}
