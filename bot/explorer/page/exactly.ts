/** A search that finds one name and nothing else; of a very long name its beginning. */
export function exactly(name: string): string {
  const escaped = name.slice(0, 200).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return name.length > 200 ? `^${escaped}` : `^${escaped}$`;
}
