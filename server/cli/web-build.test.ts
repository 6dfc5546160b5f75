// The lock of the desk's build: one builder of a folder at a time, and a dead one holds nothing.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withBuildLock } from "./web-build";

test("behavior: two builders of one folder take turns", async () => {
  const root = `/nowhere/${process.pid}`;
  const words: string[] = [];
  const build = (name: string) =>
    withBuildLock(root, async () => {
      words.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      words.push(`${name} ends`);
    });
  await Promise.all([build("a"), build("b")]);
  expect(words).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("behavior: what a builder left that died, or threw, is taken over", async () => {
  const root = `/nowhere/${process.pid}/left`;
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  writeFileSync(join(tmpdir(), `tidegate-build-${name}.pid`), "4194305");
  await expect(withBuildLock(root, () => Promise.reject(new Error("no build")))).rejects.toThrow("no build");
  let isBuilt = false;
  await withBuildLock(root, () => {
    isBuilt = true;
    return Promise.resolve();
  });
  expect(isBuilt).toBe(true);
});
