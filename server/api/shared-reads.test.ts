// Who shares a reading, and that nobody is given one that began before they asked.
import { expect, test } from "vitest";
import { createSharedReads } from "./shared-reads";

/** Readings that end when they are told to; each answers with its number. */
function heldReads() {
  const ends: ((problem: Error | null) => void)[] = [];
  const shared = createSharedReads<number>();
  return {
    count: () => ends.length,
    end: (index: number, problem: Error | null = null) => ends[index]?.(problem),
    read: (key = "/a") =>
      shared.read(
        key,
        () =>
          new Promise<number>((resolve, reject) => {
            const number = ends.length;
            ends.push((problem) => (problem === null ? resolve(number) : reject(problem)));
          }),
      ),
  };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("default: a crowd costs two readings, and who came while one was under way gets the next", async () => {
  const reads = heldReads();
  const first = reads.read();
  const crowd = Array.from({ length: 50 }, () => reads.read());
  expect(reads.count()).toBe(1);
  reads.end(0);
  expect(await first).toBe(0);
  await settle();
  expect(reads.count()).toBe(2);
  const late = reads.read();
  reads.end(1);
  expect(new Set(await Promise.all(crowd))).toEqual(new Set([1]));
  await settle();
  reads.end(2);
  expect(await late).toBe(2);
  expect(reads.count()).toBe(3);
});

test("property: a reading always begins after its reader has asked", async () => {
  let written = 0;
  const shared = createSharedReads<number>();
  const readers = Array.from({ length: 200 }, async (_, index) => {
    for (let wait = 0; wait < index % 7; wait += 1) await settle();
    written += 1;
    const mine = written;
    const seen = await shared.read("/a", async () => {
      const atBegin = written;
      await settle();
      return atBegin;
    });
    expect(seen).toBeGreaterThanOrEqual(mine);
  });
  await Promise.all(readers);
});

test("behavior: other addresses do not wait, and a failure ends only the reading it happened in", async () => {
  const reads = heldReads();
  const failing = reads.read();
  const after = reads.read();
  const other = reads.read("/b");
  expect(reads.count()).toBe(2);
  reads.end(0, new Error("away"));
  await expect(failing).rejects.toThrow("away");
  await settle();
  reads.end(1);
  reads.end(2);
  expect(await other).toBe(1);
  expect(await after).toBe(2);
  const again = reads.read();
  reads.end(3);
  expect(await again).toBe(3);
});
