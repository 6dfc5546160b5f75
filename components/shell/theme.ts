// Light, dark or as the system says; kept in local storage and set on <html> before the first paint (app/layout.tsx).
"use client";
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "tidegate-theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const value = document.documentElement.dataset["theme"];
  return value === "light" || value === "dark" ? value : "system";
}

export function setTheme(theme: Theme): void {
  if (theme === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem(KEY, theme);
  }
  for (const call of listeners) call();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, read, () => "system");
}
