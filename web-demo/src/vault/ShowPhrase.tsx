import type { ReactNode } from "react";

import { Icon } from "../ui/Icon.tsx";

/** The recovery phrase, to be written down. */
export function ShowPhrase({ words, onShown }: { words: readonly string[]; onShown: () => void }): ReactNode {
  return (
    <section className="card step">
      <h1>Write down the recovery phrase</h1>
      <p>
        These 24 words are the key. <strong>Whoever has them can read everything; without them and without a device, nothing can be
        recovered.</strong>{" "}
        Keep them on paper or in a password manager. The next step asks for some of them.
      </p>
      <Words words={words} />
      <p className="soft with-icon">
        <Icon name="alert" />
        No one else has them: neither the relay nor the makers of Runlog.
      </p>
      <div className="card-end">
        <button type="button" className="button" data-kind="primary" onClick={onShown}>
          I have written them down
        </button>
      </div>
    </section>
  );
}

/** The words with their numbers. */
export function Words({ words }: { words: readonly string[] }): ReactNode {
  return (
    <ol className="words" aria-label="Recovery phrase">
      {words.map((word, at) => (
        <li key={at}>
          <span className="soft" aria-hidden="true">
            {at + 1}
          </span>
          <code>{word}</code>
        </li>
      ))}
    </ol>
  );
}
