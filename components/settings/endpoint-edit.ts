// Edits of a chain's list of endpoints as plain data: order, use, what a new list would change; nothing here knows a whole address.
import type { EndpointDto } from "@/lib/api/endpoint-schemas";
import type { EndpointEntry, EndpointUse } from "@/lib/api/system-settings";
import type { Change } from "./change-list";

export interface Draft extends EndpointEntry {
  readonly from: EndpointDto["from"];
}

/** A removed one that nobody's configuration names any more needs no entry: the next list leaves it out. */
export function draftOf(endpoints: readonly EndpointDto[]): readonly Draft[] {
  const kept = endpoints.filter(({ use, from }) => use !== "removed" || from === "configured");
  return asked(kept.map(({ id, label, use, from }) => ({ id, label, use, from })));
}

/** What is not asked comes after what is: it has no place in the order. */
function asked(draft: readonly Draft[]): readonly Draft[] {
  return [...draft.filter(({ use }) => use !== "removed"), ...draft.filter(({ use }) => use === "removed")];
}

/** The list as it is signed. */
export function entriesOf(draft: readonly Draft[]): EndpointEntry[] {
  return draft.map(({ id, label, use }) => ({ id, label, use }));
}

export function moved(draft: readonly Draft[], id: string, by: -1 | 1): readonly Draft[] {
  const at = draft.findIndex((each) => each.id === id);
  const to = at + by;
  const entry = draft[at];
  const last = draft.findLastIndex(({ use }) => use !== "removed");
  if (entry === undefined || entry.use === "removed" || to < 0 || to > last) return draft;
  return draft.toSpliced(at, 1).toSpliced(to, 0, entry);
}

export function used(draft: readonly Draft[], id: string, use: EndpointUse): readonly Draft[] {
  return asked(draft.map((each) => (each.id === id ? { ...each, use } : each)));
}

/**
 * One that was added leaves the list. A configured one leaves the order and stays named as removed: the machine's configuration still
 * has it, and what no list names is asked last.
 */
export function removed(draft: readonly Draft[], id: string): readonly Draft[] {
  return asked(
    draft.flatMap((each) =>
      each.id !== id ? [each] : each.from === "configured" ? [{ ...each, use: "removed" as const }] : [],
    ),
  );
}

export function added(draft: readonly Draft[], entry: { readonly id: EndpointEntry["id"]; readonly label: string }) {
  const known = draft.some((each) => each.id === entry.id);
  if (known) return used(draft, entry.id, "use");
  return asked([...draft, { ...entry, use: "use" as const, from: "desk" as const }]);
}

/** Why a list cannot be signed; null when it can. The signer checks the same. */
export function draftProblem(draft: readonly Draft[]): string | null {
  return draft.some(({ use }) => use === "use") ? null : "At least one endpoint must stay in use.";
}

const USE_WORDS: Readonly<Record<EndpointUse, string>> = { use: "in use", drain: "draining", removed: "not asked" };

export function endpointChanges(before: readonly Draft[], after: readonly Draft[]): Change[] {
  const place = (draft: readonly Draft[], id: string): string => {
    const entry = draft.find((each) => each.id === id);
    if (entry === undefined) return "not in the list";
    if (entry.use !== "use") return USE_WORDS[entry.use];
    return `${ordinal(draft.filter(({ use }) => use === "use").findIndex((each) => each.id === id) + 1)}`;
  };
  const ids = [...new Map([...before, ...after].map(({ id, label }) => [id, label]))];
  return ids.flatMap(([id, label]) => {
    const [old, next] = [place(before, id), place(after, id)];
    return old === next ? [] : [{ id, label, before: old, after: next }];
  });
}

function ordinal(at: number): string {
  const words = ["first", "second", "third", "fourth", "fifth"];
  return `${words[at - 1] ?? `number ${at}`} to be asked`;
}
