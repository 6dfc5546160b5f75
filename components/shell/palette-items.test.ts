// The palette finds by all words, best match first, and shows everything for no words.
import { describe, expect, it } from "vitest";
import { findItems, type PaletteItem } from "./palette-items";

function item(label: string, words = ""): PaletteItem {
  return { id: label, group: "Pages", label, hint: "", words };
}
const ITEMS = [
  item("Overview"),
  item("Open alerts"),
  item("WETH-USDC"),
  item("Pause WETH-USDC…", "stop hold"),
  item("Stop all signing…"),
];
const labels = (text: string): readonly string[] => findItems(ITEMS, text).map(({ label }) => label);

describe("findItems", () => {
  it("behavior: a name that begins with the words stands before one that holds them, and both before other words", () => {
    expect(labels("weth")).toEqual(["WETH-USDC", "Pause WETH-USDC…"]);
    expect(labels("stop")).toEqual(["Stop all signing…", "Pause WETH-USDC…"]);
  });
  it("behavior: every word must be there, in any order and case", () => {
    expect(labels("usdc PAUSE")).toEqual(["Pause WETH-USDC…"]);
    expect(labels("usdc nothing")).toEqual([]);
  });
  it("behavior: without words everything is offered, up to what fits", () => {
    expect(labels("  ")).toEqual(ITEMS.map(({ label }) => label));
    expect(
      findItems(
        Array.from({ length: 40 }, (_, index) => item(`p${index}`)),
        "p",
      ),
    ).toHaveLength(12);
  });
});
