import type { ReactNode } from "react";

import { Icon, type IconName } from "./Icon.tsx";

interface EmptyProps {
  icon: IconName;
  title: string;
  /** Whether it is all that the page has. */
  isPage?: boolean;
  children?: ReactNode;
}

/** What stands where there is nothing to show: why, and what can be done. */
export function Empty({ icon, title, isPage = false, children }: EmptyProps): ReactNode {
  const Title = isPage ? "h1" : "h2";
  return (
    <div className="empty">
      <Icon name={icon} size={28} />
      <Title>{title}</Title>
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
