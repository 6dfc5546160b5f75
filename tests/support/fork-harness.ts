// A process that starts a fork and holds it: the thing that is killed to see that the fork ends with it.
import { startFork } from "@/server/rehearsal/fork-process";

const [relayUrl = "", chainId = "", blockNumber = ""] = process.argv.slice(2);
const started = await startFork({
  chainName: "Bare",
  chainId: Number(chainId),
  blockNumber: BigInt(blockNumber),
  relayUrl,
});
if (!started.ok) throw started.error;
process.stdout.write("ready\n");
setInterval(() => undefined, 1_000);
