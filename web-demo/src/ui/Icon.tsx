import type { ReactNode } from "react";

// Drawn on a grid of 16, in strokes of 1.5.
const PATHS = {
  alert: "M8 1.8 14.8 13.6H1.2ZM8 6v3.6M8 11.6v.1",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.4 10.4 14 14",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M5 3.2v9.6L12.8 8Z",
  trash: "M2.5 4.2h11M6 4V2.5h4V4M4 4.5l.6 9h6.8l.6-9M6.8 7v4M9.2 7v4",
  restore: "M3 8a5 5 0 1 1 1.6 3.7M3 4v4h4",
  pin: "M5.5 2.5h5l-.6 4.2 2 2.3H4.1l2-2.3ZM8 9v5",
  star: "M8 2l1.8 3.8 4.1.5-3 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1-3-2.9 4.1-.5Z",
  runs: "M2.5 4h1M6 4h7.5M2.5 8h1M6 8h7.5M2.5 12h1M6 12h7.5",
  record: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3ZM8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4Z",
  sync: "M2.8 7A5.3 5.3 0 0 1 12.6 5M13 2.2V5h-2.8M13.2 9a5.3 5.3 0 0 1-9.8 2M3 13.8V11h2.8",
  storage: "M2.5 4.2C2.5 3 5 2.2 8 2.2s5.5.8 5.5 2S11 6.2 8 6.2s-5.5-.8-5.5-2ZM2.5 4.2v7.6c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2V4.2M2.5 8c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2",
  moon: "M13 9.8A5.6 5.6 0 0 1 6.2 3a5.6 5.6 0 1 0 6.8 6.8Z",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6ZM8 1.3v1.5M8 13.2v1.5M1.3 8h1.5M13.2 8h1.5M3.3 3.3l1 1M11.7 11.7l1 1M12.7 3.3l-1 1M4.3 11.7l-1 1",
  auto: "M8 2.5a5.5 5.5 0 1 1 0 11ZM8 2.5a5.5 5.5 0 1 0 0 11Z",
  help: "M5.8 6a2.2 2.2 0 1 1 3.3 1.9c-.8.4-1.1.8-1.1 1.7M8 11.9v.1",
  link: "M6.8 9.2 9.2 6.8M7 4.6l1.6-1.6a2.8 2.8 0 0 1 4 4L11 8.6M9 11.4l-1.6 1.6a2.8 2.8 0 0 1-4-4L5 7.4",
  down: "M4 6.5 8 10.5l4-4",
  left: "M9.8 3.8 5.6 8l4.2 4.2",
  copy: "M5.5 5.5h7.5v7.5H5.5ZM3 10.5V3h7.5",
  device: "M2 3h12v7.5H2ZM5.5 13.5h5M8 10.5v3",
  key: "M10.5 2.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM8.3 7.7 3 13h2v-1.5h1.5V10",
  up: "M8 13V3M4 7l4-4 4 4",
  download: "M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10",
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside a word; where it stands alone, what holds it has a label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
