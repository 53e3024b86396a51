import { useState, type ReactNode } from "react";
import { RunlogError } from "runlog";
import { Link } from "wouter";

import { useRunlog } from "../history.tsx";
import { useAction } from "../ui/useAction.ts";
import { StepForm } from "./StepForm.tsx";
import { field } from "../ui/field.ts";

interface AddBackendProps {
  onDone: () => void;
  /** Whether it is the last step of the set-up, which can be left out. */
  isLast?: boolean;
}

/** Adds a relay; a code is asked for where the relay does not know the vault. */
export function AddBackend({ onDone, isLast = false }: AddBackendProps): ReactNode {
  const { sync } = useRunlog();
  const action = useAction();
  const [account, setAccount] = useState<string | null>(null);
  const needsCode = action.error instanceof RunlogError && action.error.code === "needsAccount";
  if (account !== null) return <Account token={account} onDone={onDone} />;
  return (
    <StepForm
      title="Add a relay"
      text="It passes changes on between your devices, and can read none of them."
      action={action}
      submit={["Add and sync", "Adding …"]}
      back={isLast ? "Later" : "Cancel"}
      onBack={onDone}
      onSubmit={async (data) => {
        const code = field(data, "code").trim();
        const url = field(data, "url").trim();
        const { accountToken } = await sync.addBackend(code === "" ? { url } : { url, code });
        if (accountToken === null) onDone();
        else setAccount(accountToken);
      }}
    >
      <label className="field">
        Address
        <input className="input" name="url" type="url" required defaultValue={location.origin} />
      </label>
      <label className="field">
        Set-up code or account token{needsCode ? "" : " (only if the relay does not know the vault yet)"}
        <input className="input mono" name="code" required={needsCode} autoComplete="off" spellCheck={false} />
      </label>
      {needsCode && (
        <p className="soft">
          If this vault is on the relay already, this browser has joined another one, by the wrong phrase.{" "}
          <Link href="/storage">Begin anew</Link> on the storage page and join with the right one.
        </p>
      )}
    </StepForm>
  );
}

/** A token that is shown once. */
function Account({ token, onDone }: { token: string; onDone: () => void }): ReactNode {
  return (
    <section className="card step">
      <h1>An account was made</h1>
      <p>
        The set-up code is used up. With this token further vaults can be put on the relay; <strong>it is shown only now</strong>.
      </p>
      <pre className="text-block" tabIndex={0} aria-label="Token of the account">{token}</pre>
      <div className="card-end">
        <button type="button" className="button" data-kind="primary" onClick={onDone}>
          Go on
        </button>
      </div>
    </section>
  );
}
