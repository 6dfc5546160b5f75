// The vectors' judge is judged: files under new names run, changed outputs fail, and nothing unknown is skipped.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { listVectorFiles, runVectorFile } from "./run-vectors";

const OWN = "tests/vectors";
const fileSchema = z.looseObject({
  about: z.string(),
  tolerance: z.number(),
  cases: z.array(z.looseObject({ name: z.string(), in: z.unknown(), out: z.unknown() })),
});

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tidegate-vectors-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: unknown): void {
  writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
}

function failuresOf(name: string): readonly string[] {
  return runVectorFile(folder, name).results.flatMap((result) => (result.failure === null ? [] : [result.failure]));
}

/** The same value with its first number, text or truth changed; null when it holds none. */
function perturb(value: unknown): { readonly value: unknown } | null {
  if (typeof value === "number") return { value: value === 0 ? 1 : value * 1.5 + 1 };
  if (typeof value === "string") return { value: `${value}1` };
  if (typeof value === "boolean") return { value: !value };
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    // Stated as informational, or as bounds that a worse value would widen.
    if (["lambda_", "fMax", "evalsMax"].includes(key)) continue;
    const changed = perturb(inner);
    if (changed === null) continue;
    return {
      value: Array.isArray(value)
        ? value.map((entry, index) => (String(index) === key ? changed.value : entry))
        : { ...value, [key]: changed.value },
    };
  }
  return null;
}

describe("runVectorFile", () => {
  it.each(listVectorFiles(OWN))("behavior: %s under another name, and with every output changed", (file) => {
    const content = fileSchema.parse(JSON.parse(readFileSync(join(OWN, file), "utf8")));
    copyFileSync(join(OWN, file), join(folder, file.replace(".json", "_2.json")));
    expect(failuresOf(file.replace(".json", "_2.json"))).toEqual([]);
    write("unnamed.json", { ...content, about: "" });
    expect(failuresOf("unnamed.json")).toEqual([]);

    const cases = content.cases.flatMap((entry) => {
      const changed = perturb(entry.out);
      return changed === null ? [] : [{ ...entry, out: changed.value }];
    });
    expect(cases.length).toBeGreaterThan(0);
    write(file, { ...content, cases });
    expect(failuresOf(file)).toHaveLength(cases.length);
  });

  it("behavior: what nobody knows, cannot be read or holds no case is a failure that says so", () => {
    write("tides.json", { about: "tides", tolerance: 0, cases: [{ name: "ebb", in: { moon: 1 }, out: 2 }] });
    expect(failuresOf("tides.json")[0]).toContain("no runner knows an input with the keys [moon]");
    write("forces.json", { about: "", tolerance: 0, cases: [{ name: "torn", in: { tfMin: 15, bars: "x" }, out: {} }] });
    expect(failuresOf("forces.json")[0]).toContain("the input cannot be read");
    write("range.json", "{");
    expect(failuresOf("range.json")[0]).toContain("expected {about, tolerance, cases}");
    write("range.json", { about: "", tolerance: 0, cases: [] });
    expect(failuresOf("range.json")[0]).toContain("at least one case");
  });
});
