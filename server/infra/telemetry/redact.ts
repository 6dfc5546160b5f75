// Takes secrets out of anything that is about to be written: by field name, and by shape inside texts.

const REDACTED = "[redacted]";
/** Field names that are never printed, compared without case, dashes and underscores. */
const SECRET_NAME =
  /(password|passphrase|secret|privatekey|mnemonic|seedphrase|apikey|authorization|cookie|sessionid|accesstoken|bearer|keystore|rawtx|rawtransaction)/;
const MAX_DEPTH = 8;
const MAX_TEXT = 8_000;

/** Addresses of services: host and port stay, everything that may hold a key goes. */
const URL_IN_TEXT = /\b(https?|wss?|rediss?):\/\/[^\s"'<>\\)\]}]+/gi;
const BEARER_IN_TEXT = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g;
const COOKIE_IN_TEXT = /\b((?:set-)?cookie)\s*[:=]\s*[^\r\n]+/gi;
const NAMED_IN_TEXT =
  /\b(private[_-]?key|api[_-]?key|password|secret|mnemonic|token)\b(["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi;

export function redactText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return short
    .replace(URL_IN_TEXT, redactUrl)
    .replace(BEARER_IN_TEXT, `$1 ${REDACTED}`)
    .replace(COOKIE_IN_TEXT, `$1: ${REDACTED}`)
    .replace(NAMED_IN_TEXT, `$1$2${REDACTED}`);
}

function redactUrl(address: string): string {
  const parsed = URL.canParse(address) ? new URL(address) : null;
  if (parsed === null) return REDACTED;
  const rest = (parsed.pathname === "/" || parsed.pathname === "") && parsed.search === "" ? "" : `/${REDACTED}`;
  return `${parsed.protocol}//${parsed.host}${rest}`;
}

/** A copy that is safe to write: bigint as decimal string, errors as name and message, cycles and depth cut. */
export function redactValue(value: unknown): unknown {
  return redactAt(value, 0, new Set());
}

function redactAt(value: unknown, depth: number, seen: Set<object>): unknown {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "bigint":
      return value.toString();
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "symbol":
    case "function":
      return undefined;
    case "object":
      return value === null ? null : redactObject(value, depth, seen);
  }
}

function redactObject(value: object, depth: number, seen: Set<object>): unknown {
  if (seen.has(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (value instanceof URL) return redactUrl(value.href);
  seen.add(value);
  try {
    if (value instanceof Error) return redactError(value, depth, seen);
    if (value instanceof Map) return redactAt(Object.fromEntries(value), depth, seen);
    if (value instanceof Set) return redactAt([...value], depth, seen);
    if (Array.isArray(value)) return value.map((each: unknown) => redactAt(each, depth + 1, seen));
    return Object.fromEntries(
      Object.entries(value).map(([key, each]: [string, unknown]) => [
        key,
        isSecretName(key) && each !== null && each !== undefined ? REDACTED : redactAt(each, depth + 1, seen),
      ]),
    );
  } finally {
    seen.delete(value);
  }
}

/** Chain libraries attach the whole request, with the node's address, to their errors: only these fields are kept. */
function redactError(error: Error, depth: number, seen: Set<object>): unknown {
  const code: unknown = Reflect.get(error, "code");
  const details: unknown = Reflect.get(error, "details");
  return {
    name: error.name,
    message: redactText(error.message),
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    ...(details === undefined ? {} : { details: redactAt(details, depth + 1, seen) }),
    ...(error.cause === undefined ? {} : { cause: redactAt(error.cause, depth + 1, seen) }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
  };
}

function isSecretName(key: string): boolean {
  return SECRET_NAME.test(key.toLowerCase().replace(/[^a-z]/g, ""));
}
