import type { ReactNode } from "react";

import { Icon, type IconName } from "./Icon.tsx";

/** What stands where there is nothing to show: why, and what can be done. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <div className="soft">{children}</div>}
    </div>
  );
}

/** What stands where an answer is waited for; it is announced, and takes the room of what comes. */
export function Loading({ what }: { what: string }): ReactNode {
  return (
    <p className="loading soft" role="status">
      Loading {what} …
    </p>
  );
}
