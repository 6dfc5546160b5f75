// Reads one vector file and compares numbers the way its README says: relative to the file's tolerance plus 1e-12 absolute.
import { readFileSync } from "node:fs";
import { z } from "zod";

const fileSchema = z.object({
  about: z.string(),
  tolerance: z.number(),
  cases: z.array(z.object({ name: z.string(), in: z.unknown(), out: z.unknown() })),
});

const ABSOLUTE = 1e-12;

export interface VectorCase<In, Out> {
  readonly name: string;
  readonly in: In;
  readonly out: Out;
}

/** Cases of one file whose name passes `select`, parsed by the schemas of that kind of case. */
export function readVectors<In, Out>(
  file: string,
  schemas: { readonly in: z.ZodType<In>; readonly out: z.ZodType<Out> },
  select: (name: string) => boolean = () => true,
): { readonly tolerance: number; readonly cases: readonly VectorCase<In, Out>[] } {
  const text = readFileSync(new URL(`./${file}.json`, import.meta.url), "utf8");
  const parsed = fileSchema.parse(JSON.parse(text));
  const cases = parsed.cases
    .filter((entry) => select(entry.name))
    .map((entry) => ({ name: entry.name, in: schemas.in.parse(entry.in), out: schemas.out.parse(entry.out) }));
  return { tolerance: parsed.tolerance, cases };
}

/** How many cases a file holds, to prove that every one of them was run. */
export function countCases(file: string): number {
  const text = readFileSync(new URL(`./${file}.json`, import.meta.url), "utf8");
  return fileSchema.parse(JSON.parse(text)).cases.length;
}

/**
 * Throws unless `actual` has the shape of `expected` and every number is within the tolerance. Null expects null or a number
 * that is not finite. Only the keys of `expected` are compared.
 */
export function expectClose(actual: unknown, expected: unknown, tolerance: number, path = "out"): void {
  if (expected === null) {
    if (actual === null || actual === undefined || (typeof actual === "number" && !Number.isFinite(actual))) return;
    throw new Error(`${path}: expected no finite value, got ${String(actual)}`);
  }
  if (typeof expected === "number") {
    if (typeof actual !== "number" || !Number.isFinite(actual)) {
      throw new Error(`${path}: expected ${expected}, got ${String(actual)}`);
    }
    const allowed = tolerance * Math.abs(expected) + (tolerance === 0 ? 0 : ABSOLUTE);
    if (!(Math.abs(actual - expected) <= allowed)) {
      throw new Error(`${path}: expected ${expected}, got ${actual}, off by ${Math.abs(actual - expected)}`);
    }
    return;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      throw new Error(
        `${path}: expected ${expected.length} entries, got ${Array.isArray(actual) ? actual.length : String(actual)}`,
      );
    }
    expected.forEach((value, index) => expectClose(actual[index], value, tolerance, `${path}[${index}]`));
    return;
  }
  if (typeof expected === "object") {
    const actualEntries = new Map(Object.entries(Object(actual)));
    for (const [key, value] of Object.entries(expected)) {
      expectClose(actualEntries.get(key), value, tolerance, `${path}.${key}`);
    }
    return;
  }
  if (actual !== expected) throw new Error(`${path}: expected ${String(expected)}, got ${String(actual)}`);
}
