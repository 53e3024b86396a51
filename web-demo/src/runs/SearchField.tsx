import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useLocation } from "wouter";

import { useRunlog } from "../history.tsx";
import { useKeys } from "../keys.ts";
import { Icon } from "../ui/Icon.tsx";
import { toastError } from "../ui/toast.tsx";
import { TERMS } from "./query.ts";
import type { Query } from "./useQuery.ts";

/** How long the typing has to rest before it is asked for. */
const REST_MS = 200;

/** Where conditions are typed; what can be typed is shown below while it is empty. */
export function SearchField({ query }: { query: Query }): ReactNode {
  const runlog = useRunlog();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(query.text);
  const [isFocused, setFocused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const typed = useRef(query.text);
  const helpId = useId();
  useKeys({ "/": () => input.current?.select() });
  // What the buttons around it change.
  useEffect(() => {
    if (query.text !== typed.current) setDraft(query.text);
    typed.current = query.text;
  }, [query.text]);
  useEffect(() => {
    if (draft === typed.current) return;
    const timer = setTimeout(() => commit(draft), REST_MS);
    return () => clearTimeout(timer);
  });
  const commit = (text: string) => {
    typed.current = text;
    query.setText(text);
  };
  const open = async (id: string) => {
    try {
      navigate(`/runs/${(await runlog.executions.get(id)).id}`);
    } catch (error) {
      toastError(error);
    }
  };
  const { mistakes, id } = query.parsed;
  const isHelpShown = isFocused && draft === "";
  return (
    <form
      className="search"
      onSubmit={(event) => {
        event.preventDefault();
        commit(draft);
        if (id) void open(id);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        value={draft}
        placeholder="Filter: status:failed tag:nightly since:24h …"
        aria-label="Filter runs"
        aria-describedby={helpId}
        aria-invalid={mistakes.length > 0}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setDraft(event.target.value)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && draft === "") input.current?.blur();
        }}
      />
      <kbd className="wide-only" aria-hidden="true">/</kbd>
      <div id={helpId} className="search-help" hidden={!isHelpShown && mistakes.length === 0 && !id}>
        {mistakes.map(({ word, reason }) => (
          <p key={word} className="mistake">
            <code>{word}</code>: {reason}
          </p>
        ))}
        {id && (
          <p>
            Press <kbd>Enter</kbd> to open the run <code>{id}</code>; <code>workflow:{id}</code> finds a workflow of that name.
          </p>
        )}
        {isHelpShown && (
          <dl>
            {TERMS.map(([term, meaning]) => (
              <div key={term}>
                <dt>
                  <code>{term}</code>
                </dt>
                <dd className="soft">{meaning}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </form>
  );
}
