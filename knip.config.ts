// Dead code: what each process, page, test and command starts from; anything that none of them reaches is reported.
import type { KnipConfig } from "knip";

const config: KnipConfig = {
  entry: [
    "server/*/main.ts",
    "server/embedded/*/main.ts",
    "server/cli/bundles.mjs",
    "server/cli/web-process.ts",
    "server/cli/commands/{bench,lock-mend,vectors}.ts",
    "tests/support/*-harness.ts",
    // The door of the strategy is complete by design: the browser preview and the backtest enter by it too.
    "lib/strategy/index.ts",
  ],
  project: ["{app,components,lib,server,tests}/**/*.{ts,tsx,mjs,css}"],
  // Loaded by file path, not by import: contracts' artifacts, the compiler's and the chain's platform packages, fonts by CSS.
  ignoreDependencies: [
    "@uniswap/v3-core",
    "@uniswap/v3-periphery",
    "@uniswap/v4-core",
    "@uniswap/v4-periphery",
    "@pancakeswap/v3-core",
    "@pancakeswap/v3-periphery",
    "@cryptoalgebra/integral-core",
    "@cryptoalgebra/integral-periphery",
    "@cryptoalgebra/integral-base-plugin",
    "@foundry-rs/anvil",
    "solc",
    // Files of the font packages are named by path in app/fonts.
    "@fontsource-variable/ibm-plex-sans",
    "@fontsource/ibm-plex-mono",
  ],
  ignoreExportsUsedInFile: true,
  // Types of the wire contract are vocabulary: they may be exported before somebody names them.
  exclude: ["types"],
};

export default config;
