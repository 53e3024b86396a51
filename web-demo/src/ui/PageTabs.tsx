import { useEffect, useRef, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";

export interface PageTab {
  readonly id: string;
  readonly name: string;
  readonly show: () => ReactNode;
}

interface PageTabsProps {
  label: string;
  tabs: readonly PageTab[];
  /** The id of the tab that is shown; the first one where there is no such tab. */
  selected: string;
  onSelect: (id: string) => void;
}

/** Tabs that fill the rest of a page. Where they do not fit, the chosen one is scrolled into sight. */
export function PageTabs({ label, tabs, selected, onSelect }: PageTabsProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  const key = tabs.some(({ id }) => id === selected) ? selected : (tabs[0]?.id ?? "");
  useEffect(() => {
    list.current?.querySelector("[data-selected]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [key]);
  return (
    <Tabs className="tabs" selectedKey={key} onSelectionChange={(key) => onSelect(String(key))}>
      <TabList ref={list} className="tab-list" aria-label={label}>
        {tabs.map(({ id, name }) => (
          <Tab key={id} id={id} className="tab">
            {name}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ id, show }) => (
        <TabPanel key={id} id={id} className="tab-panel">
          {show()}
        </TabPanel>
      ))}
    </Tabs>
  );
}
