import { useState, type ReactNode } from "react";
import type { VaultState } from "runlog";

import { useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useAction } from "../ui/useAction.ts";
import { JoinByPhrase } from "./Join.tsx";
import { field } from "../ui/field.ts";

/** What to do where the vault's key is not at hand: the passphrase, or the phrase where it is gone. */
export function Unlock({ vault }: { vault: Extract<VaultState, { state: "locked" }> }): ReactNode {
  const runlog = useRunlog();
  const action = useAction();
  const [isJoining, setJoining] = useState(false);
  const isGone = vault.keptIn !== "passphrase";
  return (
    <section className="notice" data-tone="warn" aria-label="The vault is locked">
      <Icon name="key" />
      <p>
        <strong>The vault “{vault.name}” is locked.</strong>{" "}
        {isGone ? "This browser no longer has its key; the recovery phrase brings it back." : "Until it is unlocked nothing is synced."}
      </p>
      {!isGone && (
        <form
          className="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            const passphrase = field(new FormData(event.currentTarget), "passphrase");
            void action.run(() => runlog.vault.unlock(passphrase));
          }}
        >
          <input className="input" type="password" name="passphrase" aria-label="Passphrase" placeholder="Passphrase" required autoComplete="current-password" />
          <button type="submit" className="button" data-kind="primary" disabled={action.isBusy}>
            {action.isBusy ? "Unlocking …" : "Unlock"}
          </button>
          {action.error !== undefined && (
            <span className="mistake" role="alert">
              {action.error instanceof Error ? action.error.message : "It cannot be opened."}
            </span>
          )}
        </form>
      )}
      <button type="button" className="button" onClick={() => setJoining(true)}>
        {isGone ? "Enter the phrase" : "Use the recovery phrase"}
      </button>
      <Dialog title={`Unlock “${vault.name}”`} isOpen={isJoining} onOpenChange={setJoining}>
        <JoinByPhrase onJoined={() => setJoining(false)} />
      </Dialog>
    </section>
  );
}
