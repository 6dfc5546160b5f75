// Frames on the signer's sockets: 4-byte big-endian length, then that many bytes of UTF-8 JSON.
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, TidegateError } from "@/lib/errors/tidegate-error";

export class FrameError extends TidegateError<"too_large" | "empty" | "bad_json"> {}

/** 4 MB: a plan of 64 steps is about 60 kB, the longest answer (500 plans) stays below; choice. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const HEADER_BYTES = 4;

export interface FrameDecoder {
  /** Complete frames contained so far, in order; an error is final and the connection must be ended. */
  push(chunk: Uint8Array): Result<readonly unknown[], FrameError>;
  /** Bytes of an unfinished frame. */
  pendingBytes(): number;
}

export function encodeFrame(value: unknown, maxBytes: number = MAX_FRAME_BYTES): Result<Buffer, FrameError> {
  const text = JSON.stringify(value);
  const bodyBytes = Buffer.byteLength(text);
  if (bodyBytes > maxBytes) return err(tooLarge(bodyBytes, maxBytes));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bodyBytes);
  frame.writeUInt32BE(bodyBytes, 0);
  frame.write(text, HEADER_BYTES, "utf8");
  return ok(frame);
}

export function createFrameDecoder(maxBytes: number = MAX_FRAME_BYTES): FrameDecoder {
  const chunks: Buffer[] = [];
  let pendingBytes = 0;
  let failed: FrameError | null = null;

  function take(count: number): Buffer {
    const first = chunks[0];
    if (first !== undefined && first.length >= count) {
      const head = first.subarray(0, count);
      if (first.length === count) chunks.shift();
      else chunks[0] = first.subarray(count);
      pendingBytes -= count;
      return head;
    }
    const all = Buffer.concat(chunks);
    chunks.length = 0;
    if (all.length > count) chunks.push(all.subarray(count));
    pendingBytes -= count;
    return all.subarray(0, count);
  }

  let bodyBytes: number | null = null;
  return {
    push(chunk) {
      if (failed !== null) return err(failed);
      chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      pendingBytes += chunk.byteLength;
      const frames: unknown[] = [];
      for (;;) {
        if (bodyBytes === null) {
          if (pendingBytes < HEADER_BYTES) return ok(frames);
          bodyBytes = take(HEADER_BYTES).readUInt32BE(0);
          if (bodyBytes === 0 || bodyBytes > maxBytes) {
            failed = bodyBytes === 0 ? emptyFrame() : tooLarge(bodyBytes, maxBytes);
            return err(failed);
          }
        }
        if (pendingBytes < bodyBytes) return ok(frames);
        const parsed = parseJson(take(bodyBytes));
        bodyBytes = null;
        if (!parsed.ok) {
          failed = parsed.error;
          return parsed;
        }
        frames.push(parsed.value);
      }
    },
    pendingBytes: () => pendingBytes,
  };
}

function parseJson(body: Buffer): Result<unknown, FrameError> {
  try {
    return ok(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch (error) {
    return err(
      new FrameError({
        code: "bad_json",
        message: `A frame of ${body.length} bytes is not UTF-8 JSON (${errorText(error).slice(0, 120)}); the connection is ended. Use the client of signer-link.`,
        retryable: false,
        details: { bytes: body.length },
        cause: error,
      }),
    );
  }
}

function tooLarge(bytes: number, maxBytes: number): FrameError {
  return new FrameError({
    code: "too_large",
    message: `A frame of ${bytes} bytes is over the limit of ${maxBytes}; send less at once (lower the limit of a list).`,
    retryable: false,
    details: { bytes, maxBytes },
  });
}

function emptyFrame(): FrameError {
  return new FrameError({
    code: "empty",
    message: "A frame of 0 bytes came; each frame holds one JSON value. Use the client of signer-link.",
    retryable: false,
  });
}
