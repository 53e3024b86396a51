import type { ReactNode } from "react";

interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, name: string])[];
  onChange: (value: string) => void;
}

/** A choice of one, by the browser's own control; its label is for screen readers, its values speak. */
export function Select({ label, value, options, onChange }: SelectProps): ReactNode {
  const isKnown = options.some(([known]) => known === value);
  return (
    <select className="select" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {!isKnown && <option value={value}>{value}</option>}
      {options.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}
