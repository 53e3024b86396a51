import type { ReactNode } from "react";
import type { Execution } from "runlog";

import { Empty } from "../ui/State.tsx";

/** What the run was given: params, and attributes of any shape. */
export function Params({ run }: { run: Execution }): ReactNode {
  const params = Object.entries(run.params);
  const attributes = Object.entries(run.attributes);
  if (params.length === 0 && attributes.length === 0) {
    return (
      <Empty icon="runs" title="No params">
        <p>This run was given neither params nor attributes.</p>
      </Empty>
    );
  }
  return (
    <div className="params">
      {params.length > 0 && <Values name="Params" values={params} />}
      {attributes.length > 0 && (
        <Values name="Attributes" values={attributes.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value, null, 2)])} />
      )}
    </div>
  );
}

function Values({ name, values }: { name: string; values: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <table className="values">
      <caption>{name}</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {values.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td>
              <pre>{value}</pre>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
