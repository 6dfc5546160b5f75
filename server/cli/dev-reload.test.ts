// Which processes a changed source ends, and that a save in several steps is one restart.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { servicesOf, watchSources } from "./dev-reload";

test("default: a room's own processes, everything for shared code, nothing for what only a new start takes up", () => {
  expect(servicesOf("server/signer/engine.ts")).toEqual(["signer"]);
  expect(servicesOf("server/worker/steps/fetch.ts")).toEqual(["orchestrator"]);
  expect(servicesOf("lib/strategy/decide.ts")).toEqual(["signer", "collector", "orchestrator", "alerts"]);
  expect(servicesOf("server/devnet/main.ts")).toBeNull();
});

test("behavior: a save in several steps restarts once", async () => {
  const root = mkdtempSync(join(tmpdir(), "tg-reload-"));
  mkdirSync(join(root, "lib"));
  mkdirSync(join(root, "server", "signer"), { recursive: true });
  const restarted: string[] = [];
  const notes: string[] = [];
  const stop = watchSources({
    root,
    restart: (service) => {
      restarted.push(service);
      return Promise.resolve();
    },
    note: (sentence) => notes.push(sentence),
  });
  for (const text of ["a", "b", "c"]) writeFileSync(join(root, "server", "signer", "engine.ts"), text);
  writeFileSync(join(root, "server", "signer", "engine.test.ts"), "ignored");
  await vi.waitFor(() => expect(restarted.length).toBeGreaterThan(0), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  stop();
  rmSync(root, { recursive: true, force: true });
  expect(restarted).toEqual(["signer"]);
  expect(notes).toHaveLength(1);
});
