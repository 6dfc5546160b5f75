// Compares an output with the expected one the way the vectors' README says: relative to the file's tolerance plus 1e-12 absolute.

const ABSOLUTE = 1e-12;

/**
 * Throws unless `actual` has the shape of `expected` and every number is within the tolerance; tolerance 0 is exact. Null
 * expects null or a number that is not finite. Only the keys of `expected` are compared.
 */
export function expectClose(actual: unknown, expected: unknown, tolerance: number, path = "out"): void {
  if (expected === null) {
    if (actual === null || actual === undefined || (typeof actual === "number" && !Number.isFinite(actual))) return;
    throw new Error(`${path}: expected no finite value, got ${show(actual)}`);
  }
  if (typeof expected === "number") {
    if (typeof actual !== "number" || !Number.isFinite(actual)) {
      throw new Error(`${path}: expected ${expected}, got ${show(actual)}`);
    }
    const allowed = tolerance * Math.abs(expected) + (tolerance === 0 ? 0 : ABSOLUTE);
    if (!(Math.abs(actual - expected) <= allowed)) {
      throw new Error(
        `${path}: expected ${expected}, got ${actual}, off by ${Math.abs(actual - expected)} where ${allowed} is allowed`,
      );
    }
    return;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      throw new Error(`${path}: expected ${expected.length} entries, got ${show(actual)}`);
    }
    expected.forEach((value, index) => expectClose(actual[index], value, tolerance, `${path}[${index}]`));
    return;
  }
  if (typeof expected === "object") {
    if (typeof actual !== "object" || actual === null) {
      throw new Error(`${path}: expected an object, got ${show(actual)}`);
    }
    const actualEntries = new Map(Object.entries(actual));
    for (const [key, value] of Object.entries(expected ?? {})) {
      expectClose(actualEntries.get(key), value, tolerance, `${path}.${key}`);
    }
    return;
  }
  if (actual !== expected) throw new Error(`${path}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Throws unless both lists hold the same names in any order. */
export function expectSameNames(actual: readonly string[], expected: readonly string[], path: string): void {
  const [have, want] = [actual.toSorted().join(", "), expected.toSorted().join(", ")];
  if (have !== want) throw new Error(`${path}: expected [${want}], got [${have}]`);
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
