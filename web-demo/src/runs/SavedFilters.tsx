import { useState, type ReactNode } from "react";
import { Button } from "react-aria-components/Button";
import { Menu, MenuItem, MenuSection, MenuTrigger, Header, Separator } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";

import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { Query } from "./useQuery.ts";
import { field } from "../ui/field.ts";

const KEY = "runlog.filters";

interface Saved {
  readonly name: string;
  readonly text: string;
}

function load(): readonly Saved[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isSaved) : [];
  } catch {
    return [];
  }
}

function isSaved(value: unknown): value is Saved {
  return typeof value === "object" && value !== null && "name" in value && "text" in value;
}

/** Filters under names, kept in this browser. */
export function SavedFilters({ query }: { query: Query }): ReactNode {
  const [saved, setSaved] = useState(load);
  const [isNaming, setNaming] = useState(false);
  const keep = (filters: readonly Saved[]) => {
    localStorage.setItem(KEY, JSON.stringify(filters));
    setSaved(filters);
  };
  const current = saved.find((filter) => filter.text === query.text);
  return (
    <>
      <MenuTrigger>
        <Button className="button" aria-label="Saved filters">
          <Icon name="star" />
          <span className="wide-only">{current?.name ?? "Saved"}</span>
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu className="menu">
            <MenuSection>
              <Header className="menu-header">Saved filters</Header>
              {saved.map((filter) => (
                <MenuItem key={filter.name} id={`use:${filter.name}`} className="menu-item" onAction={() => query.setText(filter.text)}>
                  {filter.name}
                  <code className="soft">{filter.text}</code>
                </MenuItem>
              ))}
              <MenuItem id="save" className="menu-item" isDisabled={query.text === "" || current !== undefined} onAction={() => setNaming(true)}>
                Save this filter …
              </MenuItem>
            </MenuSection>
            <Separator className="menu-line" />
            <MenuItem
              id="forget"
              className="menu-item"
              isDisabled={!current}
              onAction={() => keep(saved.filter((filter) => filter !== current))}
            >
              {current ? `Forget “${current.name}”` : "Forget this filter"}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <Dialog title="Save this filter" isOpen={isNaming} onOpenChange={setNaming}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const name = field(new FormData(event.currentTarget), "name").trim();
            if (name === "") return;
            keep([...saved.filter((filter) => filter.name !== name), { name, text: query.text }]);
            setNaming(false);
          }}
        >
          <code>{query.text}</code>
          <label className="field">
            Name
            <input className="input" name="name" required maxLength={40} autoFocus autoComplete="off" />
          </label>
          <div className="dialog-end">
            <button type="submit" className="button" data-kind="primary">
              Save
            </button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
