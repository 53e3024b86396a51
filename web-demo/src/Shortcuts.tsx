import type { ReactNode } from "react";

import { Dialog } from "./ui/Dialog.tsx";

const GROUPS: readonly { name: string; keys: readonly [keys: readonly string[], what: string][] }[] = [
  {
    name: "Runs",
    keys: [
      [["/"], "Search"],
      [["j"], "Next run"],
      [["k"], "Previous run"],
      [["Enter"], "Open the run"],
      [["x"], "Select the run"],
      [["p"], "Pause or go on with live updates"],
      [["Delete"], "Move what is selected to the trash"],
      [["Esc"], "Select nothing"],
    ],
  },
  {
    name: "A run",
    keys: [
      [["1", "…", "7"], "Go to a tab"],
      [["/"], "Search in the log"],
      [["f"], "Follow the end of the log"],
      [["u"], "Back to the runs"],
    ],
  },
  { name: "Everywhere", keys: [[["?"], "Show this"]] },
];

/** What can be done by single keys. */
export function Shortcuts(props: { isOpen: boolean; onOpenChange: (isOpen: boolean) => void }): ReactNode {
  return (
    <Dialog title="Keyboard shortcuts" {...props}>
      <div className="shortcuts">
        {GROUPS.map((group) => (
          <section key={group.name}>
            <h3>{group.name}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <div key={what}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
