import { useState, type ReactNode } from "react";
import type { Keep } from "runlog";

import { useRunlog } from "../history.tsx";
import { useAction } from "../ui/useAction.ts";
import { KeepField, keepOf } from "./KeepField.tsx";
import { StepForm } from "./StepForm.tsx";
import { field } from "../ui/field.ts";

interface JoinProps {
  onBack?: () => void;
  onJoined: () => void;
}

/** Joins by the code that another device shows. */
export function JoinByCode({ onBack, onJoined }: JoinProps): ReactNode {
  const { vault } = useRunlog();
  const action = useAction();
  const [keep, setKeep] = useState<Keep["in"]>("browser");
  return (
    <StepForm
      title="Join with a pairing code"
      text={
        <>
          On a device that has the vault, <code>runlog device pair</code> or “Pair a device” on the sync page shows eight words.
        </>
      }
      action={action}
      submit={["Join", "Joining …"]}
      {...(onBack ? { onBack } : {})}
      onSubmit={async (data) => {
        const [code, relay] = [field(data, "code").trim(), field(data, "relay").trim()];
        await vault.join({ code, relay, keep: keepOf(data) });
        onJoined();
      }}
    >
      <label className="field">
        Code
        <input className="input mono" name="code" required placeholder="eight-words-joined-by-dashes" autoComplete="off" autoCapitalize="none" spellCheck={false} />
      </label>
      <label className="field">
        Address of the relay
        <input className="input" name="relay" type="url" required defaultValue={location.origin} />
      </label>
      <KeepField keep={keep} onChange={setKeep} />
    </StepForm>
  );
}

/** Joins by the phrase, or brings back a key that this browser has lost. */
export function JoinByPhrase({ onBack, onJoined }: JoinProps): ReactNode {
  const { vault } = useRunlog();
  const action = useAction();
  const [keep, setKeep] = useState<Keep["in"]>("browser");
  return (
    <StepForm
      title="Join with the recovery phrase"
      text="The 24 words, in their order."
      action={action}
      submit={["Join", "Joining …"]}
      {...(onBack ? { onBack } : {})}
      onSubmit={async (data) => {
        const phrase = field(data, "phrase").trim().toLowerCase().split(/\s+/).join(" ");
        await vault.join({ phrase, keep: keepOf(data) });
        onJoined();
      }}
    >
      <label className="field">
        Recovery phrase
        <textarea className="input mono" name="phrase" rows={4} required autoComplete="off" autoCapitalize="none" spellCheck={false} />
      </label>
      <KeepField keep={keep} onChange={setKeep} />
    </StepForm>
  );
}
