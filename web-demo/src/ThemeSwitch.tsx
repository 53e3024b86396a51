import type { ReactNode } from "react";

import { setTheme, useTheme, type Theme } from "./theme.ts";
import { Icon, type IconName } from "./ui/Icon.tsx";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const ICONS: Readonly<Record<Theme, IconName>> = { system: "auto", light: "sun", dark: "moon" };

/** Goes round: as the system, light, dark. */
export function ThemeSwitch(): ReactNode {
  const chosen = useTheme();
  const name = chosen === "system" ? "as the system" : chosen;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Colours: ${name}. Change to ${NEXT[chosen] === "system" ? "as the system" : NEXT[chosen]}`}
      title={`Colours: ${name}`}
      onClick={() => setTheme(NEXT[chosen])}
    >
      <Icon name={ICONS[chosen]} />
    </button>
  );
}
