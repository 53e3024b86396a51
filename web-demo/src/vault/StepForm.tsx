import type { FormEvent, ReactNode } from "react";

import { Problem } from "../ui/Problem.tsx";
import type { Action } from "../ui/useAction.ts";

interface StepFormProps {
  title: string;
  /** What it is about. */
  text: ReactNode;
  action: Action;
  /** The name of the button, and of what is under way. */
  submit: readonly [name: string, busy: string];
  onSubmit: (data: FormData) => Promise<void> | void;
  onBack?: () => void;
  back?: string;
  children: ReactNode;
}

/** One step of the set-up: fields, what went wrong, and the way on and back. */
export function StepForm({ title, text, action, submit, onSubmit, onBack, back = "Back", children }: StepFormProps): ReactNode {
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    void action.run(() => onSubmit(data));
  };
  return (
    <form className="card step" onSubmit={send}>
      <h1>{title}</h1>
      <div className="soft">{text}</div>
      {children}
      {action.error !== undefined && <Problem error={action.error} />}
      <div className="card-end">
        {onBack && (
          <button type="button" className="button" disabled={action.isBusy} onClick={onBack}>
            {back}
          </button>
        )}
        <button type="submit" className="button" data-kind="primary" disabled={action.isBusy}>
          {submit[action.isBusy ? 1 : 0]}
        </button>
      </div>
    </form>
  );
}
