// Names of the design tokens for Tailwind; values live in app/globals.css, which loads this file by @config.
import type { Config } from "tailwindcss";

const roles = [
  "bg",
  "panel",
  "raised",
  "hover",
  "sunken",
  "line",
  "line-2",
  "edge",
  "ink",
  "ink-2",
  "ink-3",
  "tide",
  "tide-soft",
  "prop",
  "prop-soft",
  "pos",
  "neg",
  "warn",
  "warn-soft",
  "crit",
  "on-crit",
  "primary",
  "on-primary",
  "scrim",
];

const config: Config = {
  content: [],
  theme: {
    colors: {
      transparent: "transparent",
      current: "currentColor",
      ...Object.fromEntries(roles.map((role) => [role, `var(--${role})`])),
    },
    // Frame widths of the layout: phone below 900, desk from there, optional columns from 1600.
    screens: { desk: "900px", mid: "1240px", wide: "1600px" },
    fontFamily: { ui: "var(--font-ui)", hash: "var(--font-hash)" },
    fontSize: {
      micro: ["11px", "14px"],
      dense: ["12px", "16px"],
      body: ["13px", "18px"],
      lead: ["15px", "20px"],
      stat: ["20px", "24px"],
      head: ["28px", "32px"],
      timer: ["44px", "44px"],
    },
    fontWeight: { text: "400", medium: "500", strong: "550", title: "600" },
    borderRadius: { none: "0", chip: "2px", control: "3px", dialog: "6px", full: "9999px" },
    extend: {
      boxShadow: { float: "var(--shadow)" },
      transitionDuration: { 1: "var(--motion-1)", 2: "var(--motion-2)", 3: "var(--motion-3)" },
    },
  },
};

export default config;
