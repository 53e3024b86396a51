import { useState, type ReactNode } from "react";

import { useAction } from "../ui/useAction.ts";
import { StepForm } from "./StepForm.tsx";
import { field } from "../ui/field.ts";

/** How many words are asked for. */
const ASKED = 3;

/** Different places in the phrase, in order. */
function places(count: number): readonly number[] {
  const all = Array.from({ length: count }, (_, at) => at);
  const random = crypto.getRandomValues(new Uint32Array(count));
  return all.sort((a, b) => (random[a] ?? 0) - (random[b] ?? 0)).slice(0, ASKED).sort((a, b) => a - b);
}

interface CheckPhraseProps {
  words: readonly string[];
  onAgain: () => void;
  onRight: () => void;
}

/** Asks for some words, to see that they were written down. */
export function CheckPhrase({ words, onAgain, onRight }: CheckPhraseProps): ReactNode {
  const [asked] = useState(() => places(words.length));
  const action = useAction();
  return (
    <StepForm
      title="Check what you wrote down"
      text="Type these words from your notes."
      action={action}
      submit={["Check", "Checking …"]}
      back="Show the phrase again"
      onBack={onAgain}
      onSubmit={(data) => {
        const wrong = asked.filter((at) => field(data, `word-${at}`).trim().toLowerCase() !== words[at]);
        if (wrong.length > 0) {
          throw new Error(`Not the ${wrong.length === 1 ? "word" : "words"} number ${wrong.map((at) => at + 1).join(" and ")}. Look at your notes again.`);
        }
        onRight();
      }}
    >
      {asked.map((at) => (
        <label key={at} className="field">
          Word {at + 1}
          <input className="input mono" name={`word-${at}`} required autoComplete="off" autoCapitalize="none" spellCheck={false} />
        </label>
      ))}
    </StepForm>
  );
}
