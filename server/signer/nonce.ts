// Which nonce comes next: the larger of the journal's and the chain's, and what a difference means (safety.md section 3.5).

export type NonceVerdict =
  | { readonly kind: "use"; readonly nonce: number }
  /** The chain has not counted transactions of ours yet: look them up or send them again before anything new. */
  | { readonly kind: "chain_behind"; readonly lowestMissing: number }
  /** Someone else used the key. */
  | { readonly kind: "foreign"; readonly chainNonce: number; readonly journalNonce: number };

/** `journalNext` null: the journal has no opening record of the chain. `latest` is the count at the latest block, never pending. */
export function compareNonces(journalNext: number | null, latest: number): NonceVerdict {
  if (journalNext === null || journalNext === latest) return { kind: "use", nonce: latest };
  if (latest > journalNext) return { kind: "foreign", chainNonce: latest, journalNonce: journalNext };
  return { kind: "chain_behind", lowestMissing: latest };
}
