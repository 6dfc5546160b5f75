// Server-sent events: whatever way the text is cut, the same messages come out.
import { assert, integer, array, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { createSseParser, type SseMessage } from "./sse-parser";
import { TEST_SEED } from "@/tests/support/seed";

const TEXT =
  'retry: 2000\n\nid: 5-0\nevent: clock\ndata: {"a":1}\n\n: heartbeat\n\nid: 6-0\r\nevent: pair.mark\r\ndata: x\r\ndata: y\r\n\r\n';
const EXPECTED: readonly SseMessage[] = [
  { id: "5-0", event: "clock", data: '{"a":1}' },
  { id: "6-0", event: "pair.mark", data: "x\ny" },
];

function read(pieces: readonly string[]): { readonly messages: SseMessage[]; readonly lives: number } {
  const messages: SseMessage[] = [];
  let lives = 0;
  const parser = createSseParser({ message: (m) => messages.push(m), life: () => (lives += 1) });
  for (const piece of pieces) parser.push(piece);
  return { messages, lives };
}

describe("createSseParser", () => {
  it("default: ids, event names, joined data lines", () => {
    expect(read([TEXT]).messages).toEqual(EXPECTED);
  });
  it("behavior: a heartbeat is a sign of life and no message", () => {
    expect(read([": heartbeat\n\n"])).toEqual({ messages: [], lives: 1 });
  });
  it("behavior: any cut gives the same messages", () => {
    assert(
      property(array(integer({ min: 0, max: TEXT.length }), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), TEXT.length];
        const pieces = at.slice(1).map((end, index) => TEXT.slice(at[index], end));
        expect(read(pieces).messages).toEqual(EXPECTED);
      }),
      { seed: TEST_SEED },
    );
  });
});
