// RESP2 on the wire: an incremental, binary-safe request parser and the reply encoder.

export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** An error reply, thrown by a command handler. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export interface SimpleReply {
  readonly simple: string;
}

export interface ErrorReply {
  readonly error: string;
}

/** The `*-1` of an aborted EXEC or a timed-out XREAD. */
export const NIL_ARRAY = Symbol("nil array");
export const OK: SimpleReply = { simple: "OK" };

export type Reply = number | Buffer | null | typeof NIL_ARRAY | SimpleReply | ErrorReply | readonly Reply[];

const CRLF = Buffer.from("\r\n");
const MAX_BULK_BYTES = 64 * 1024 * 1024;
const MAX_ARGS = 1_000_000;
const MAX_LINE_BYTES = 64;

export interface ParsedCommand {
  readonly args: Buffer[];
  readonly endBytes: number;
}

export interface RequestParser {
  /** Complete commands in this chunk and what was left before it. Throws ProtocolError; the connection is then useless. */
  push(chunk: Buffer): Buffer[][];
  /** As push, each with the offset of its end in the whole input. */
  pushWithEnds(chunk: Buffer): Iterable<ParsedCommand>;
  /** Bytes of all complete commands so far: where a torn file is cut. */
  consumedBytes(): number;
  /** Bytes after the last complete command. */
  pendingBytes(): number;
}

export function createRequestParser(): RequestParser {
  let chunks: Buffer[] = [];
  let pendingLength = 0;
  let neededLength = 1;
  let consumed = 0;

  /** Hands over what was complete before a protocol error, then throws it. */
  function* parse(chunk: Buffer): Generator<ParsedCommand> {
    chunks.push(chunk);
    pendingLength += chunk.length;
    if (pendingLength < neededLength) return;
    const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks, pendingLength);
    let at = 0;
    while (at < buffer.length) {
      const parsed = parseCommand(buffer, at);
      if ("needed" in parsed) {
        neededLength = parsed.needed - at;
        break;
      }
      consumed += parsed.end - parsed.start;
      at = parsed.end;
      neededLength = 1;
      if (parsed.args.length > 0) yield { args: parsed.args, endBytes: consumed };
    }
    const rest = buffer.subarray(at);
    chunks = rest.length === 0 ? [] : [rest];
    pendingLength = rest.length;
  }

  return {
    push: (chunk) => Array.from(parse(chunk), ({ args }) => args),
    pushWithEnds: parse,
    consumedBytes: () => consumed,
    pendingBytes: () => pendingLength,
  };
}

type Parsed = { readonly args: Buffer[]; readonly start: number; readonly end: number } | { readonly needed: number };

/** `needed` is the buffer length below which another attempt is pointless. */
function parseCommand(buffer: Buffer, start: number): Parsed {
  if (buffer[start] !== 0x2a) {
    throw new ProtocolError(`expected '*', got '${String.fromCharCode(buffer[start] ?? 0)}'`);
  }
  const header = readLength(buffer, start + 1, MAX_ARGS, "multibulk");
  if (header === null) return { needed: buffer.length + 1 };
  const args: Buffer[] = [];
  let at = header.end;
  for (let index = 0; index < header.length; index += 1) {
    if (at >= buffer.length) return { needed: at + 1 };
    if (buffer[at] !== 0x24) {
      throw new ProtocolError(`expected '$', got '${String.fromCharCode(buffer[at] ?? 0)}'`);
    }
    const size = readLength(buffer, at + 1, MAX_BULK_BYTES, "bulk");
    if (size === null) return { needed: buffer.length + 1 };
    const end = size.end + size.length + 2;
    if (end > buffer.length) return { needed: end };
    if (buffer[end - 2] !== 0x0d || buffer[end - 1] !== 0x0a) {
      throw new ProtocolError(`expected CRLF after ${size.length} bytes`);
    }
    args.push(buffer.subarray(size.end, end - 2));
    at = end;
  }
  return { args, start, end: at };
}

function readLength(
  buffer: Buffer,
  start: number,
  max: number,
  what: string,
): { readonly length: number; readonly end: number } | null {
  const end = buffer.indexOf(CRLF, start);
  if (end === -1) {
    if (buffer.length - start > MAX_LINE_BYTES) throw new ProtocolError(`too long a ${what} length`);
    return null;
  }
  const text = buffer.toString("latin1", start, end);
  const length = Number(text);
  if (!/^\d+$/.test(text) || length > max) throw new ProtocolError(`invalid ${what} length`);
  return { length, end: end + 2 };
}

/** Appends the encoded reply to `out`. */
export function encodeReply(reply: Reply, out: Buffer[]): void {
  if (typeof reply === "number") out.push(Buffer.from(`:${reply}\r\n`));
  else if (reply === null) out.push(Buffer.from("$-1\r\n"));
  else if (reply === NIL_ARRAY) out.push(Buffer.from("*-1\r\n"));
  else if (Buffer.isBuffer(reply)) out.push(Buffer.from(`$${reply.length}\r\n`), reply, CRLF);
  else if (isReplyList(reply)) {
    out.push(Buffer.from(`*${reply.length}\r\n`));
    for (const each of reply) encodeReply(each, out);
  } else if ("simple" in reply) out.push(Buffer.from(`+${reply.simple}\r\n`));
  else out.push(Buffer.from(`-${reply.error.replace(/[\r\n]+/g, " ")}\r\n`));
}

function isReplyList(reply: SimpleReply | ErrorReply | readonly Reply[]): reply is readonly Reply[] {
  return Array.isArray(reply);
}

/** One command in request form, as it stands in the append-only file. */
export function encodeCommand(args: readonly (string | number | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg), "latin1");
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

export function bulk(text: string | number): Buffer {
  return Buffer.from(String(text), "latin1");
}
