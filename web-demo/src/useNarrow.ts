import { useSyncExternalStore } from "react";

const media = matchMedia("(max-width: 720px)");

function subscribe(listener: () => void): () => void {
  media.addEventListener("change", listener);
  return () => media.removeEventListener("change", listener);
}

/** Whether there is room for one column only; the style sheets use the same width. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => media.matches);
}
