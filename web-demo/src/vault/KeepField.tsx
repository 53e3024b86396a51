import type { ReactNode } from "react";
import type { Keep } from "runlog";
import { field } from "../ui/field.ts";

/** How the secret is kept; its fields are read by `keepOf`. */
export function KeepField({ keep, onChange }: { keep: Keep["in"]; onChange: (keep: Keep["in"]) => void }): ReactNode {
  return (
    <fieldset className="choices">
      <legend>Where this browser keeps the key</legend>
      <Choice name="In this browser" value="browser" keep={keep} onChange={onChange}>
        Nothing to type. Whoever can use this browser profile can read the history.
      </Choice>
      <Choice name="Behind a passphrase" value="passphrase" keep={keep} onChange={onChange}>
        Asked for once after each start of the browser.
      </Choice>
      {keep === "passphrase" && (
        <label className="field">
          Passphrase
          <input className="input" type="password" name="passphrase" required minLength={8} autoComplete="new-password" />
        </label>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  name: string;
  value: Keep["in"];
  keep: Keep["in"];
  onChange: (keep: Keep["in"]) => void;
  children: ReactNode;
}

function Choice({ name, value, keep, onChange, children }: ChoiceProps): ReactNode {
  return (
    <label className="choice">
      <input type="radio" name="keep" value={value} checked={keep === value} onChange={() => onChange(value)} />
      <span>
        {name}
        <span className="soft">{children}</span>
      </span>
    </label>
  );
}

/** What the form says. */
export function keepOf(data: FormData): Keep {
  if (data.get("keep") !== "passphrase") return { in: "browser" };
  return { in: "passphrase", passphrase: field(data, "passphrase") };
}
