// How far the chat was read, on disk before anything is done: a message that was begun is never begun again.
import * as z from "zod";
import { openKeptFile, type KeptFile } from "@/server/alerts/kept-file";

const chatKeptSchema = z.object({
  /** The first update that was not looked at yet; null: none ever came. */
  offset: z.number().int().nullable(),
  /** When the last update came; wall time. */
  lastAtMs: z.number(),
  /** A command that was begun and whose answer was not sent yet. */
  begun: z.object({ updateId: z.number(), chatId: z.number(), messageId: z.number(), text: z.string() }).nullable(),
});
export type ChatKept = z.output<typeof chatKeptSchema>;

/** Where `save` throws, nothing may be done. */
export type ChatFile = KeptFile<ChatKept>;

const NOTHING: ChatKept = { offset: null, lastAtMs: 0, begun: null };

export function openChatFile(file: string): ChatFile {
  return openKeptFile(file, chatKeptSchema, NOTHING);
}
