// CSV cells keep their text, and none of them is a formula.
import { describe, expect, it } from "vitest";
import { recordsToCsv } from "./csv";

describe("recordsToCsv", () => {
  it("default: header, rows in column order, empty for null", () => {
    expect(recordsToCsv(["a", "b"], [{ b: 2, a: "x" }, { a: null }])).toBe("a,b\r\nx,2\r\n,\r\n");
  });

  it("behavior: commas, quotes and line ends stay inside their cell", () => {
    expect(recordsToCsv(["a"], [{ a: 'say "hi", then\nleave' }])).toBe('a\r\n"say ""hi"", then\nleave"\r\n');
  });

  it("behavior: a text that begins like a formula is text; a negative number stays a number", () => {
    expect(recordsToCsv(["a"], [{ a: "=1+1" }, { a: "-12.5" }, { a: "-SUM(A1)" }, { a: "@x" }, { a: -3 }])).toBe(
      "a\r\n'=1+1\r\n-12.5\r\n'-SUM(A1)\r\n'@x\r\n-3\r\n",
    );
  });
});
