// What a chat may ask of the signer without a wallet's signature: a pause, of the two kinds that only forbid; on the wire of control.sock.
import * as z from "zod";
import { isPlainText } from "@/lib/format/plain-text";
import { pairIdSchema } from "@/lib/registry/schema";

/** Pauses that only say no; stopping a worker is for the desk. */
export const CHAT_PAUSE_KINDS = ["no_new_risk", "no_transactions"] as const;
export const chatPauseKindSchema = z.enum(CHAT_PAUSE_KINDS);
export type ChatPauseKind = z.infer<typeof chatPauseKindSchema>;

/** A week; longer is until somebody resumes. */
export const MAX_CHAT_PAUSE_MIN = 10_080;

/** Telegram's user ids: positive, below 2^52. */
export const chatUserIdSchema = z.string().regex(/^[1-9]\d{0,15}$/, "expected a Telegram user id: digits only");

export const chatPauseSchema = z.object({
  /** Who wrote the message, as the chat's service says; the signer looks this id up in its own list. */
  userId: chatUserIdSchema,
  pairId: pairIdSchema,
  kind: chatPauseKindSchema,
  /** Null: until a signed resume. */
  minutes: z.number().int().min(1).max(MAX_CHAT_PAUSE_MIN).nullable(),
  reason: z.string().min(1).max(200).refine(isPlainText, "expected text without invisible characters"),
});
export type ChatPause = z.output<typeof chatPauseSchema>;
