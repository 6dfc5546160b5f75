// The log keeps what it acknowledged, cuts a torn last line, refuses other damage, a second writer and a full disk.
import * as fs from "node:fs";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JournalError, openSegmentLog, type SegmentFs, type SegmentRecord } from "./segment";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tg-segment-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function open(extra: { segmentBytes?: number; fs?: SegmentFs } = {}) {
  const replayed: SegmentRecord[] = [];
  const log = openSegmentLog({ dir, nowMs: () => 1_000, onReplay: (record) => replayed.push(record), ...extra });
  return { log, replayed };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  }
  return "no error";
}

function fileOf(index: number): string {
  const name = readdirSync(dir).toSorted()[index];
  if (name === undefined) throw new Error(`no segment ${index}`);
  return join(dir, name);
}

describe("openSegmentLog", () => {
  it("default: replays what was appended, over several segments", () => {
    const first = open({ segmentBytes: 500 });
    for (let index = 0; index < 20; index += 1) first.log.append("NOTE", { index, big: 12345678901234567890n });
    first.log.close();
    expect(readdirSync(dir).length).toBeGreaterThan(2);
    const second = open({ segmentBytes: 500 });
    expect(second.replayed.map((record) => record.seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(second.replayed[3]?.body).toEqual({ index: 3, big: "12345678901234567890" });
    expect([...second.log.readAfter(17)].map((record) => record.seq)).toEqual([18, 19, 20]);
    expect(second.log.append("NOTE", {}).seq).toBe(21);
    expect(second.log.repairs).toEqual([]);
  });

  it("behavior: every cut of the last line at any byte is repaired and the records before it stay", () => {
    const { log } = open();
    log.append("A", { x: 1 });
    log.append("B", { x: 2 });
    log.close();
    const whole = readFileSync(fileOf(0));
    const secondStart = whole.indexOf(10) + 1;
    for (let length = secondStart; length < whole.length; length += 1) {
      writeFileSync(fileOf(0), whole.subarray(0, length));
      const again = open();
      expect(again.replayed.map((record) => record.type)).toEqual(["A"]);
      expect(again.log.repairs.length).toBe(length === secondStart ? 0 : 1);
      expect(again.log.append("C", {}).seq).toBe(2);
      again.log.close();
    }
  });

  it("error: damaged — a changed byte before the last line, a lost segment, a removed line", () => {
    const { log } = open({ segmentBytes: 300 });
    for (let index = 0; index < 9; index += 1) log.append("NOTE", { index });
    log.close();
    const path = fileOf(0);
    const before = readFileSync(path);
    const flipped = Buffer.from(before);
    flipped[flipped.indexOf("index") + 8] = 57;
    writeFileSync(path, flipped);
    expect(codeOf(() => open())).toBe("damaged");
    writeFileSync(path, before.subarray(before.indexOf(10) + 1));
    expect(codeOf(() => open())).toBe("damaged");
    writeFileSync(path, before);
    rmSync(fileOf(1));
    expect(codeOf(() => open())).toBe("damaged");
  });

  it("error: foreign_writer — another process appended or replaced the file", () => {
    const { log } = open();
    log.append("A", {});
    const second = open();
    second.log.append("B", {});
    expect(codeOf(() => log.append("C", {}))).toBe("foreign_writer");
    expect(codeOf(() => log.assertOurs())).toBe("foreign_writer");
    appendFileSync(fileOf(0), "x");
    expect(codeOf(() => second.log.append("D", {}))).toBe("foreign_writer");
  });

  it("error: disk_full — a half-written record is taken back and the log goes on when there is space", () => {
    let isFull = false;
    const limited: SegmentFs = {
      writeSync: (fd, bytes) => {
        if (!isFull) return fs.writeSync(fd, bytes);
        if (bytes.length > 20) return fs.writeSync(fd, bytes.subarray(0, 20));
        throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      },
      fdatasyncSync: fs.fdatasyncSync,
      ftruncateSync: fs.ftruncateSync,
    };
    const { log } = open({ fs: limited });
    log.append("A", {});
    isFull = true;
    expect(codeOf(() => log.append("B", { long: "x".repeat(100) }))).toBe("disk_full");
    isFull = false;
    expect(log.append("C", {}).seq).toBe(2);
    log.close();
    expect(open().replayed.map((record) => record.type)).toEqual(["A", "C"]);
  });

  it("error: io — after a failed sync nothing more is acknowledged", () => {
    let isBad = false;
    const failing: SegmentFs = {
      writeSync: (fd, bytes) => fs.writeSync(fd, bytes),
      fdatasyncSync: (fd) => {
        if (isBad) throw Object.assign(new Error("input/output error"), { code: "EIO" });
        fs.fdatasyncSync(fd);
      },
      ftruncateSync: fs.ftruncateSync,
    };
    const { log } = open({ fs: failing });
    log.append("A", {});
    isBad = true;
    expect(codeOf(() => log.append("B", {}))).toBe("io");
    isBad = false;
    expect(codeOf(() => log.append("C", {}))).toBe("io");
  });
});
