// Free and taken ports of the loopback interface.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { ConfigError } from "@/lib/errors/tidegate-error";

/** Below the ports that systems hand to outgoing connections (from 32768 on), so that nobody takes one before its child does. */
const FIRST_PORT = 10_000;
const PORT_COUNT = 10_000;
const TRIES = 50;

/** A port nobody listens on right now; it is handed to a child at once. */
export async function pickFreePort(): Promise<number> {
  for (let count = 0; count < TRIES; count += 1) {
    const port = FIRST_PORT + randomInt(PORT_COUNT);
    if (await isPortFree(port)) return port;
  }
  throw new ConfigError({
    code: "port_taken",
    message: `${TRIES} ports between ${FIRST_PORT} and ${FIRST_PORT + PORT_COUNT - 1} were all in use on 127.0.0.1; end what listens there and try again.`,
    retryable: true,
  });
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
