// Guard for states that only a bug can produce: throws InvariantError with the offending values.

export class InvariantError extends Error {
  override readonly name = "InvariantError";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(what: string, details: Readonly<Record<string, unknown>> = {}) {
    super(
      `Invariant broken: ${what} (${Object.entries(details)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(", ")})`,
    );
    this.details = details;
  }
}

export function invariant(
  condition: boolean,
  what: string,
  details: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) throw new InvariantError(what, details);
}
