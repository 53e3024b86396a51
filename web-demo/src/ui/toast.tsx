// Short messages about what was done, with a way to take it back.
import { useEffect, useSyncExternalStore, type ReactNode } from "react";
import { navigate } from "wouter/use-browser-location";

import { Icon } from "./Icon.tsx";
import { isOfStorage } from "./Problem.tsx";

export interface Toast {
  readonly text: string;
  readonly tone?: "plain" | "bad";
  readonly action?: { readonly name: string; readonly run: () => void };
  /** Whether it stays until it is dismissed. */
  readonly stays?: boolean;
}

const SHOWN_MS = 8_000;
let shown: readonly (Toast & { readonly key: number })[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(toasts: typeof shown): void {
  shown = toasts;
  for (const listener of listeners) listener();
}

/** Shows a message for some seconds; again, where it is shown already. */
export function toast(message: Toast): void {
  last += 1;
  const others = shown.filter(({ text }) => text !== message.text);
  set([...others.slice(-2), { ...message, key: last }]);
}

/** Shows what went wrong, in `words` of its own where the error's do not say enough. */
export function toastError(error: unknown, words?: string): void {
  const text = words ?? (error instanceof Error ? error.message : String(error));
  const action = isOfStorage(error) ? { action: { name: "Storage", run: () => navigate("/storage") } } : {};
  toast({ text, tone: "bad", ...action });
}

function dismiss(key: number): void {
  set(shown.filter((toast) => toast.key !== key));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where they are shown; screen readers hear them. */
export function Toasts(): ReactNode {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <Shown key={toast.key} toast={toast} />
      ))}
    </div>
  );
}

function Shown({ toast }: { toast: (typeof shown)[number] }): ReactNode {
  const { key, text, tone = "plain", action, stays = false } = toast;
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(() => dismiss(key), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [key, stays]);
  return (
    <div className="toast" data-tone={tone}>
      <p>{text}</p>
      {action && (
        <button
          type="button"
          className="button"
          onClick={() => {
            action.run();
            dismiss(key);
          }}
        >
          {action.name}
        </button>
      )}
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => dismiss(key)}>
        <Icon name="cross" />
      </button>
    </div>
  );
}
