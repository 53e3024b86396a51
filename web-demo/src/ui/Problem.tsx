import { RunlogError } from "runlog";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { Icon } from "./Icon.tsx";

/** Whether there is no space left in the browser. */
export function isFull(error: unknown): boolean {
  return error instanceof RunlogError && (error.code === "quota" || error.code === "opfs_full");
}

/** Whether it is the storage that is full or damaged: what can be done about that is on its page. */
export function isOfStorage(error: unknown): boolean {
  return isFull(error) || (error instanceof RunlogError && error.code === "corrupt");
}

interface ProblemProps {
  error: unknown;
  /** Whether the history is open, and with it the pages that help. */
  isOpen?: boolean;
  children?: ReactNode;
}

/** An error, with its code, which a person can search for. */
export function Problem({ error, isOpen = true, children }: ProblemProps): ReactNode {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RunlogError ? error.code : undefined;
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <div>
        <p>{message}</p>
        {code && <p className="soft">Code: <code>{code}</code></p>}
        {isOpen && isOfStorage(error) && <p><Link href="/storage">What can be done about it</Link></p>}
        {children}
      </div>
    </div>
  );
}
