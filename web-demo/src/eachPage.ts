// Everything that matches a filter, read a page at a time.
import type { Filter, Runlog, Summary } from "runlog";

/** Rows in one page: the history answers other calls between two of them. */
const PAGE = 250;

/** The pages of all that match, however many. */
export async function* eachPage(runlog: Runlog, filter: Filter): AsyncGenerator<readonly Summary[], void> {
  for (let after: string | null | undefined; after !== null; ) {
    const page = await runlog.executions.list({ filter, limit: PAGE, ...(after !== undefined && { after }) });
    yield page.executions;
    after = page.next;
  }
}
