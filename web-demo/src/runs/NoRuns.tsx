import type { ReactNode } from "react";
import { Link } from "wouter";

import { Empty } from "../ui/State.tsx";
import type { Query } from "./useQuery.ts";

/** Why there is no run to be seen, and what to do about it. */
export function NoRuns({ query }: { query: Query }): ReactNode {
  if (query.text !== "") {
    return (
      <Empty icon="search" title="No run matches">
        <p>
          Nothing {query.isTrash ? "in the trash" : "in the history"} fits <code>{query.text}</code>.
        </p>
        <button type="button" className="button" onClick={() => query.setText("")}>
          Clear the filter
        </button>
      </Empty>
    );
  }
  if (query.isTrash) {
    return (
      <Empty icon="trash" title="The trash is empty">
        <p>What is deleted stays here until it is emptied.</p>
      </Empty>
    );
  }
  return (
    <Empty icon="runs" title="Nothing was recorded yet">
      <p>Everything that runs here, or on a device that shares this vault, appears in this place.</p>
      <Link href="/record" className="button" data-kind="primary">
        Record something in this page
      </Link>
    </Empty>
  );
}
