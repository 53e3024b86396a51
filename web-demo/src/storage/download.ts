/** Offers a file to be saved. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}

/** A name with the date for a copy of the history. */
export function copyName(now = new Date()): string {
  return `runlog-${now.toISOString().slice(0, 10)}.sqlite`;
}
