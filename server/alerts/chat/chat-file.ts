// How far the chat was read, on disk before anything is done: a message that was begun is never begun again.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";

const chatKeptSchema = z.object({
  /** The first update that was not looked at yet; null: none ever came. */
  offset: z.number().int().nullable(),
  /** When the last update came; wall time. */
  lastAtMs: z.number(),
  /** A command that was begun and whose answer was not sent yet. */
  begun: z.object({ updateId: z.number(), chatId: z.number(), messageId: z.number(), text: z.string() }).nullable(),
});
export type ChatKept = z.output<typeof chatKeptSchema>;

export interface ChatFile {
  readonly kept: ChatKept;
  /** Why the file was set aside; null when it was read or is new. */
  readonly problem: string | null;
  /** Throws when the disk refuses: then nothing may be done. */
  save(kept: ChatKept): void;
}

const NOTHING: ChatKept = { offset: null, lastAtMs: 0, begun: null };

export function openChatFile(file: string): ChatFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let kept = NOTHING;
  let problem: string | null = null;
  if (existsSync(file)) {
    try {
      kept = chatKeptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      problem = errorText(error);
      renameSync(file, `${file}.unreadable`);
    }
  }
  return {
    kept,
    problem,
    save(next) {
      const handle = openSync(`${file}.next`, "w", 0o600);
      writeSync(handle, JSON.stringify(next));
      fsyncSync(handle);
      closeSync(handle);
      renameSync(`${file}.next`, file);
    },
  };
}
