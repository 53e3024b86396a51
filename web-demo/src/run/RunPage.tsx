export function RunPage({ id, tab }: { id: string; tab: string }) {
  return <p>{id} {tab}</p>;
}
