import { RunlogError } from "runlog";
import type { ReactNode } from "react";

import { Icon } from "./Icon.tsx";

/** An error, with its code, which a person can search for. */
export function Problem({ error, children }: { error: unknown; children?: ReactNode }): ReactNode {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof RunlogError ? error.code : undefined;
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <div>
        <p>{message}</p>
        {code && <p className="soft">Code: <code>{code}</code></p>}
        {children}
      </div>
    </div>
  );
}
