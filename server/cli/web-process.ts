// The desk as one process by house convention: serves the Next build, ends when its control channel closes; mode `build` builds it first.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import next from "next";
import { installDrain } from "@/server/infra/process/control-channel";
import { projectRoot } from "@/server/infra/process/launch";

const root = projectRoot(import.meta.url);
const [mode = "serve", portText = "3000"] = process.argv.slice(2);

if (mode === "build") runBuild();
else await serve(Number(portText), mode === "dev");

async function serve(port: number, isDev: boolean): Promise<void> {
  const app = next({ dev: isDev, dir: root, hostname: "127.0.0.1", port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer((request, response) => void handle(request, response));
  installDrain({
    drain: async () => {
      server.closeAllConnections();
      await Promise.race([app.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
    },
    graceMs: 1_500,
    channel: "stdin",
  });
  server.once("error", (error) => {
    process.stderr.write(`error: the desk cannot listen on 127.0.0.1:${port}: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(port, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`));
}

/** The build is a child in an own group: it ends with us, and we end with our parent. */
function runBuild(): void {
  const build = spawn(process.execPath, [join(root, "node_modules", "next", "dist", "bin", "next"), "build"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const end = (): void => {
    try {
      if (build.pid !== undefined) process.kill(-build.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  process.on("exit", end);
  installDrain({ drain: () => Promise.resolve(end()), graceMs: 500, channel: "stdin" });
  build.once("exit", (code) => process.exit(code ?? 1));
}
