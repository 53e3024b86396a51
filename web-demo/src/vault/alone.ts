// Whether a person has said that this history is to stay without a vault.
const KEY = "runlog.alone";

export function isAlone(): boolean {
  return localStorage.getItem(KEY) !== null;
}

export function chooseAlone(): void {
  localStorage.setItem(KEY, "1");
}
