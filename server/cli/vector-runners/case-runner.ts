// A case runner: which vector cases it knows by their shape, and how it checks one; the command and the tests use the same ones.
import * as z from "zod";

/** One case of a vector file as it stands in the file. */
export interface VectorCase {
  readonly name: string;
  readonly in: unknown;
  readonly out: unknown;
}

export interface CaseRunner {
  /** Topic as the file names say it, e.g. `forces` or `carry_rates`. */
  readonly topic: string;
  /** Whether the case has the shape this runner knows. Cheap: names of keys, not values. */
  readonly accepts: (entry: VectorCase) => boolean;
  /** Throws with the first difference, or when the case cannot be read. */
  readonly check: (entry: VectorCase, tolerance: number) => void;
}

/** A number of an input; null or absent stands for a missing or non-finite one. */
export const looseNumber = z
  .number()
  .nullish()
  .transform((value) => value ?? Number.NaN);

/** Names of the keys of an object, or none for anything else. */
function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

/** Accepts cases whose input is an object with all these keys and none of the others. */
export function hasKeys(
  keys: readonly string[],
  without: readonly string[] = [],
): (entry: { readonly in: unknown }) => boolean {
  return (entry) => {
    const present = new Set(keysOf(entry.in));
    return keys.every((key) => present.has(key)) && !without.some((key) => present.has(key));
  };
}

/** Accepts cases whose output is an object with this key. */
export function hasOutKey(key: string): (entry: { readonly out: unknown }) => boolean {
  return (entry) => keysOf(entry.out).includes(key);
}

/** A runner from its parsed input and the part that computes and compares. */
export function defineRunner<In>(definition: {
  readonly topic: string;
  readonly accepts: (entry: VectorCase) => boolean;
  readonly in: z.ZodType<In>;
  readonly check: (input: In, entry: VectorCase, tolerance: number) => void;
}): CaseRunner {
  return {
    topic: definition.topic,
    accepts: definition.accepts,
    check: (entry, tolerance) => {
      const parsed = definition.in.safeParse(entry.in);
      if (!parsed.success) throw new Error(`the input cannot be read: ${z.prettifyError(parsed.error)}`);
      definition.check(parsed.data, entry, tolerance);
    },
  };
}
