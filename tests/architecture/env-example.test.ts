// .env.example is what the schema of the environment says: same keys, same order, same texts.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { envExample, envSchema } from "@/server/config/env";

describe(".env.example", () => {
  const file = readFileSync(new URL("../../.env.example", import.meta.url), "utf8");

  it("behavior: equals the text generated from the schema", () => {
    expect(file, "run: npm run tidegate -- config example > .env.example").toBe(envExample());
  });

  it("behavior: every key has a description", () => {
    for (const [key, schema] of Object.entries(envSchema.shape)) {
      expect(schema.description?.length ?? 0, key).toBeGreaterThan(10);
    }
  });

  it("behavior: no line sets a value, so that copying the file changes nothing", () => {
    const active = file.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(active).toEqual([]);
  });
});
