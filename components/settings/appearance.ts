// How dense the desk is and which colours money has: kept in local storage and set on <html> before the first paint (app/layout.tsx).
"use client";
import { useSyncExternalStore } from "react";

export const DENSITIES = ["dense", "comfort"] as const;
export const MONEY_COLOURS = ["blue-orange", "green-red", "red-green"] as const;
export type Density = (typeof DENSITIES)[number];
export type MoneyColours = (typeof MONEY_COLOURS)[number];

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The first of the list is what holds when nothing is set. */
function createChoice<T extends string>(name: string, values: readonly [T, ...T[]]) {
  const [standard] = values;
  const read = (): T => values.find((value) => value === document.documentElement.dataset[name]) ?? standard;
  return {
    use: (): T => useSyncExternalStore(subscribe, read, () => standard),
    set(value: T): void {
      if (value === standard) {
        delete document.documentElement.dataset[name];
        localStorage.removeItem(`tidegate-${name}`);
      } else {
        document.documentElement.dataset[name] = value;
        localStorage.setItem(`tidegate-${name}`, value);
      }
      for (const call of listeners) call();
    },
  };
}

export const density = createChoice<Density>("density", DENSITIES);
export const moneyColours = createChoice<MoneyColours>("money", MONEY_COLOURS);
