// Steps through system, light and dark.
"use client";
import { Monitor, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { setTheme, useTheme, type Theme } from "./theme";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const ICON = { system: Monitor, light: Sun, dark: Moon } as const;

export function ThemeToggle(): ReactNode {
  const theme = useTheme();
  const Icon = ICON[theme];
  return (
    <button
      type="button"
      onClick={() => setTheme(NEXT[theme])}
      aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
      className="inline-flex min-h-6 items-center gap-1.5 rounded-chip text-ink-2 hover:text-ink"
    >
      <Icon size={13} aria-hidden="true" />
      {theme}
    </button>
  );
}
