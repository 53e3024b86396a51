// Single keys that do something, wherever the focus is, but for where text is typed.
import { useEffect, useRef } from "react";

type Action = (event: KeyboardEvent) => void;

/** Calls an action when its key is pressed alone. Keys are named as `KeyboardEvent.key` does. */
export function useKeys(actions: Readonly<Record<string, Action>>): void {
  const newest = useRef(actions);
  useEffect(() => {
    newest.current = actions;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyped(event.target) || document.querySelector("[role=dialog], [role=menu]")) return;
      const action = newest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function isTyped(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
