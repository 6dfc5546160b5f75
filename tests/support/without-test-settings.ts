// The environment of a command as a person starts it: the tests' own variables are no settings, and unknown ones are refused.

/** Undefined takes a name out of a child's environment; spread it over `process.env`. */
export function withoutTestSettings(): Readonly<Record<string, undefined>> {
  const names = Object.keys(process.env).filter((name) => name.startsWith("TG_"));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
