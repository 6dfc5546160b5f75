// Runs every reference vector of the carry policy at the tolerance its file states; see README.md for where they come from.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CARRY_RUNNERS } from "@/server/cli/vector-runners/carry";

const fileSchema = z.object({
  tolerance: z.number(),
  cases: z.array(z.object({ name: z.string(), in: z.unknown(), out: z.unknown() })),
});
const COUNTS = { carry_rates: 39, carry_width: 70, carry_range: 52, carry_decision: 97 } as const;

for (const [topic, count] of Object.entries(COUNTS)) {
  describe(topic, () => {
    const text = readFileSync(new URL(`./${topic}.json`, import.meta.url), "utf8");
    const { tolerance, cases } = fileSchema.parse(JSON.parse(text));

    it("behavior: the file has the cases it came with", () => {
      expect(cases.length).toBe(count);
    });

    cases.forEach((entry, index) => {
      it(`${entry.name} (${index})`, () => {
        const runner = CARRY_RUNNERS.find((each) => each.topic === topic && each.accepts(entry));
        if (runner === undefined) throw new Error(`no runner of ${topic} knows the shape of ${entry.name}`);
        runner.check(entry, tolerance);
      });
    });
  });
}
