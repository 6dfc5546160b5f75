// The list of people who may ask by chat, as text: rows of a Telegram user and the person it stands for.
import type { AlertSettings } from "@/lib/alerts/settings";
import { chatUserIdSchema } from "@/lib/alerts/chat-pause";
import { addressSchema } from "@/lib/registry/schema";
import type { AlertText } from "./alert-text";
import type { Change } from "./change-list";

type ChatSettings = AlertSettings["chat"];

export function chatTextOf(chat: ChatSettings): AlertText {
  return {
    "chat.on": chat.enabled ? "on" : "off",
    ...Object.fromEntries(
      chat.users.flatMap(({ userId, address }, row) => [
        [`chat.${row}.userId`, userId],
        [`chat.${row}.address`, address],
      ]),
    ),
  };
}

/** Numbers of the rows there are; a number is not used twice, so that a row keeps its field while others go. */
export function chatRows(text: AlertText): readonly number[] {
  return Object.keys(text)
    .flatMap((key) => /^chat\.(\d+)\.userId$/.exec(key)?.[1] ?? [])
    .map(Number)
    .toSorted((left, right) => left - right);
}

export function withChatRow(text: AlertText, userId: string): AlertText {
  const row = Math.max(-1, ...chatRows(text)) + 1;
  return { ...text, [`chat.${row}.userId`]: userId, [`chat.${row}.address`]: "" };
}

export function withoutChatRow(text: AlertText, row: number): AlertText {
  return Object.fromEntries(
    Object.entries(text).filter(([key]) => key !== `chat.${row}.userId` && key !== `chat.${row}.address`),
  );
}

/** The list as typed; what is wrong goes into `problems` by field. */
export function readChat(text: AlertText, problems: Record<string, string>): ChatSettings {
  const users: ChatSettings["users"] = [];
  for (const row of chatRows(text)) {
    const typed = { userId: (text[`chat.${row}.userId`] ?? "").trim(), address: text[`chat.${row}.address`] ?? "" };
    const userId = chatUserIdSchema.safeParse(typed.userId);
    const address = addressSchema.safeParse(typed.address);
    if (!userId.success) problems[`chat.${row}.userId`] = "Expected the number of a Telegram user, digits only.";
    else if (users.some((user) => user.userId === userId.data)) {
      problems[`chat.${row}.userId`] = "This user is on the list already.";
    }
    if (!address.success) problems[`chat.${row}.address`] = "Choose the person.";
    if (userId.success && address.success) users.push({ userId: userId.data, address: address.data });
  }
  return { enabled: text["chat.on"] === "on", users };
}

/** Changes by Telegram user, whatever the order of the rows. */
export function chatChanges(before: ChatSettings, after: ChatSettings, nameOf: (address: string) => string): Change[] {
  const was = new Map(before.users.map(({ userId, address }) => [userId, address]));
  const is = new Map(after.users.map(({ userId, address }) => [userId, address]));
  const word = (address: string | undefined): string => (address === undefined ? "nobody" : nameOf(address));
  return [
    ...(before.enabled === after.enabled
      ? []
      : [
          {
            id: "chat.on",
            label: "Commands by chat",
            before: before.enabled ? "on" : "off",
            after: after.enabled ? "on" : "off",
          },
        ]),
    ...[...new Set([...was.keys(), ...is.keys()])].flatMap((userId): Change[] => {
      const [from, to] = [was.get(userId), is.get(userId)];
      return from?.toLowerCase() === to?.toLowerCase()
        ? []
        : [{ id: `chat.${userId}`, label: `Telegram user ${userId} stands for`, before: word(from), after: word(to) }];
    }),
  ];
}
