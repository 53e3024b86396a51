// The colours of terminals in log lines, as classes of the style sheet.
import Anser from "anser";

/** A stretch of text that looks the same. */
export interface Piece {
  readonly text: string;
  readonly classes: string;
  /** Colours of 24 bits, `rgb(…)`, where the line names them. */
  readonly colour?: string;
  readonly background?: string;
}

// Sequences of a terminal other than colours: titles, links, moves of the cursor.
const OTHER = /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\[[0-9;?]*[A-LN-Za-ln-z]|[()][A-Z0-9]|[=>78DEHMNOcZ])/g;

/** What a line looks like at its end: a progress bar that was drawn over shows its last state. */
function settled(text: string): string {
  const parts = text.split("\r").filter((part) => part !== "");
  return parts.at(-1) ?? "";
}

/** Without colours and other sequences, for searching. */
export function plainText(text: string): string {
  if (!text.includes("\u001b") && !text.includes("\r")) return text;
  return Anser.ansiToText(settled(text.replace(OTHER, "")));
}

/** A line in pieces. */
export function pieces(text: string): readonly Piece[] {
  if (!text.includes("\u001b")) return [{ text: settled(text), classes: "" }];
  const entries = Anser.ansiToJson(settled(text.replace(OTHER, "")), { json: true, use_classes: true, remove_empty: true });
  return entries.map((entry) => {
    const classes = entry.decorations.map((decoration) => `ansi-${decoration}`);
    const colour = colourOf(entry.fg, entry.fg_truecolor);
    const background = colourOf(entry.bg, entry.bg_truecolor);
    if (entry.fg && !colour) classes.push(`${entry.fg}-fg`);
    if (entry.bg && !background) classes.push(`${entry.bg}-bg`);
    return {
      text: entry.content,
      classes: classes.join(" "),
      ...(colour ? { colour } : {}),
      ...(background ? { background } : {}),
    };
  });
}

/** `rgb(…)` of a colour that no class has: 24 bits, or of the palette of 256. */
function colourOf(name: string | null, trueColour: string | null): string | undefined {
  if (name === "ansi-truecolor" && trueColour) return `rgb(${trueColour})`;
  const number = Number(/^ansi-palette-(\d+)$/.exec(name ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) return undefined;
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const step = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = number - 16;
  return `rgb(${step(Math.floor(cube / 36))}, ${step(Math.floor(cube / 6) % 6)}, ${step(cube % 6)})`;
}
