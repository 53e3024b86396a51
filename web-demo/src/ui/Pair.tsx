import type { ReactNode } from "react";

/** A name with its value in a list of such pairs; nothing where there is no value. */
export function Pair({ name, children }: { name: string; children: ReactNode }): ReactNode {
  if (children === null || children === undefined || children === "" || children === false) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
