// Reads server-sent events from text that arrives in pieces; comments are reported too, they are the heartbeat.

export interface SseMessage {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

export interface SseParser {
  /** Feeds text; calls back for each complete message and for each sign of life. */
  push(text: string): void;
}

export function createSseParser(on: {
  readonly message: (message: SseMessage) => void;
  readonly life: () => void;
}): SseParser {
  let rest = "";
  let id: string | null = null;
  let event = "message";
  let data: string[] = [];

  const line = (text: string): void => {
    if (text === "") {
      if (data.length > 0) on.message({ id, event, data: data.join("\n") });
      event = "message";
      data = [];
      return;
    }
    if (text.startsWith(":")) return;
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  };

  return {
    push(text) {
      if (text === "") return;
      on.life();
      rest += text;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const each of lines) line(each);
    },
  };
}
