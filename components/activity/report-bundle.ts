// The file for a report about a plan: everything that explains it, with addresses of services and anything like a credential taken out.

/** Where an endpoint's key hides: path, query, user part. The host alone says which service it was. */
const URL_PATTERN = /\b(?:https?|wss?):\/\/[^\s"'<>)\]]+/gi;
const BEARER_PATTERN = /\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi;

function clean(text: string): string {
  return text
    .replace(URL_PATTERN, (url) =>
      URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).hostname}/…` : "(address)",
    )
    .replace(BEARER_PATTERN, "$1 …");
}

const SECRET_NAME = /password|passphrase|secret|apikey|api_key|privatekey|private_key|authorization|cookie/i;

/** The same value without what nobody else should read. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, SECRET_NAME.test(name) ? "…" : withoutSecrets(each)]),
  );
}
