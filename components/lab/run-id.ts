// Names for kept runs.

/** `randomUUID` exists on secure pages only; a desk in a private network may not be one. */
export function newRunId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
