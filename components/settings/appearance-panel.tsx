// Theme, density and the colours of money; each choice is of this browser and shown at once.
"use client";
import type { ReactNode } from "react";
import { SignedMoney } from "@/components/live/signed-money";
import { ThemeToggle } from "@/components/shell/theme-toggle";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { SelectField } from "@/components/ui/field";
import { density, DENSITIES, MONEY_COLOURS, moneyColours, type Density, type MoneyColours } from "./appearance";

const DENSITY_WORD: Readonly<Record<Density, string>> = { dense: "Dense", comfort: "Comfort" };
const COLOURS_WORD: Readonly<Record<MoneyColours, string>> = {
  "blue-orange": "gain blue, loss orange",
  "green-red": "gain green, loss red",
  "red-green": "gain red, loss green",
};
/** A gain and a loss to look at. */
const SAMPLE_USD = 1_204.5;

export function AppearancePanel(): ReactNode {
  const dense = density.use();
  const colours = moneyColours.use();
  return (
    <Panel title="Appearance">
      <div className="grid gap-4">
        <div>
          <p className="mb-1 text-ink-2">Dark and light follow the system until you choose.</p>
          <ThemeToggle />
        </div>
        <div>
          <p className="mb-1 text-ink-2">Rows and controls.</p>
          <Segmented
            label="Density"
            value={dense}
            options={DENSITIES.map((value) => ({ value, label: DENSITY_WORD[value] }))}
            onChange={(value) => density.set(value)}
          />
        </div>
        <div>
          <SelectField
            label="Colours of money"
            value={colours}
            onChange={(event) =>
              moneyColours.set(MONEY_COLOURS.find((value) => value === event.target.value) ?? "blue-orange")
            }
          >
            {MONEY_COLOURS.map((value) => (
              <option key={value} value={value}>
                {COLOURS_WORD[value]}
              </option>
            ))}
          </SelectField>
          <p className="mt-1.5">
            <SignedMoney value={SAMPLE_USD} /> <SignedMoney value={0 - SAMPLE_USD} />
          </p>
          <p className="mt-1 text-dense text-ink-3">
            Blue and orange stay apart for every kind of colour vision; green and red do not. A loss has its sign and
            its outline in all of them.
          </p>
        </div>
        <p className="text-dense text-ink-3">Kept in this browser.</p>
      </div>
    </Panel>
  );
}
