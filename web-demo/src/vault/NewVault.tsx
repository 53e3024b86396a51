import { useState, type ReactNode } from "react";
import type { Keep } from "runlog";

import { useRunlog } from "../history.tsx";
import { useAction } from "../ui/useAction.ts";
import { KeepField, keepOf } from "./KeepField.tsx";
import { StepForm } from "./StepForm.tsx";
import { field } from "../ui/field.ts";

/** Makes a vault; tells its phrase. */
export function NewVault({ onBack, onMade }: { onBack: () => void; onMade: (phrase: string) => void }): ReactNode {
  const { vault } = useRunlog();
  const action = useAction();
  const [keep, setKeep] = useState<Keep["in"]>("browser");
  return (
    <StepForm
      title="Create a new vault"
      text="Its key is made here and never leaves your devices."
      action={action}
      submit={["Create the vault", "Creating …"]}
      onBack={onBack}
      onSubmit={async (data) => onMade((await vault.create({ name: field(data, "name"), keep: keepOf(data) })).phrase)}
    >
      <label className="field">
        Name
        <input className="input" name="name" required maxLength={60} defaultValue="Home" autoComplete="off" />
      </label>
      <KeepField keep={keep} onChange={setKeep} />
    </StepForm>
  );
}
