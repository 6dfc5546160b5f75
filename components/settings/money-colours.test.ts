// The colours of money that can be chosen are readable on every surface of their theme, and the two signs differ.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("app/globals.css", "utf8");
const SURFACES = {
  light: ["#eef2f4", "#fbfcfd", "#ffffff", "#e9eef1"],
  dark: ["#0b0f14", "#0f151c", "#17202a", "#151e27"],
};
/** WCAG 2.2 AA for text. */
const LEAST = 4.5;

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(left: string, right: string): number {
  const [low = 0, high = 0] = [luminance(left), luminance(right)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe("colours of money", () => {
  const sets = [...css.matchAll(/\[data-money="([\w-]+)"\] \{([^}]*)\}/g)];

  it("default: both other sets are there, each with both signs", () => {
    expect(sets.map(([, name]) => name)).toEqual(["green-red", "red-green"]);
  });

  it.each(sets.map(([, name = "", body = ""]) => [name, body] as const))("behavior: %s", (_name, body) => {
    const values = [...body.matchAll(/light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)];
    expect(values).toHaveLength(2);
    for (const [, light = "", dark = ""] of values) {
      for (const surface of SURFACES.light) expect(contrast(light, surface)).toBeGreaterThanOrEqual(LEAST);
      for (const surface of SURFACES.dark) expect(contrast(dark, surface)).toBeGreaterThanOrEqual(LEAST);
    }
    expect(values[0]?.[1]).not.toBe(values[1]?.[1]);
  });
});
