/** As `expect`, for what is asked so often that `expect` would take the longest of all. */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}
