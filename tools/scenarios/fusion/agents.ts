/** Four that users start, and twenty that those spawn. */
export const AGENTS = 24;

export function taskOf(agent: number): string {
  return `FN-${String(agent).padStart(3, '0')}`;
}
