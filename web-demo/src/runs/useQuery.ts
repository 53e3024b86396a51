// What is asked for, kept in the address, so that it can be gone back to, shared and saved.
import { useMemo } from "react";
import type { Filter, ListQuery } from "runlog";
import { useSearchParams } from "wouter";

import { useNow } from "../ui/Time.tsx";
import { parse, withTerm, type Parsed } from "./query.ts";

export type Order = NonNullable<ListQuery["order"]>;

export interface Query {
  readonly text: string;
  readonly parsed: Parsed;
  /** The conditions of the text, in the history or in the trash. */
  readonly filter: Filter;
  readonly order: Order;
  readonly isTrash: boolean;
  readonly setText: (text: string) => void;
  readonly setTerm: (name: string, value: string | null) => void;
  readonly setOrder: (order: Order) => void;
  readonly setTrash: (isTrash: boolean) => void;
}

const ORDERS: readonly string[] = ["newest", "oldest", "longest", "shortest"];

export function useQuery(): Query {
  const [search, setSearch] = useSearchParams();
  const text = search.get("q") ?? "";
  const isTrash = search.has("trash");
  const named = search.get("order") ?? "";
  const order = (ORDERS.includes(named) ? named : "newest") as Order;
  // "The last hour" moves on by whole minutes, so that nothing is asked again in between.
  const minute = Math.floor(useNow(60_000) / 60_000);
  const isRelative = /\b(since|until):\d+(\.\d+)?(ms|[smhdw])\b/.test(text);
  const now = isRelative ? minute * 60_000 : 0;
  const parsed = useMemo(() => parse(text, now), [text, now]);
  const filter = useMemo(() => ({ ...parsed.filter, deleted: isTrash }), [parsed, isTrash]);
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (value === "") after.delete(name);
        else after.set(name, value);
        return after;
      },
      { replace: true },
    );
  return {
    text,
    parsed,
    filter,
    order,
    isTrash,
    setText: (text) => set("q", text),
    setTerm: (name, value) => set("q", withTerm(text, name, value)),
    setOrder: (order) => set("order", order === "newest" ? "" : order),
    setTrash: (isTrash) => set("trash", isTrash ? "1" : ""),
  };
}
