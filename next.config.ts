// Next.js settings: the desk renders per request (CSP nonce), ships no source maps, and builds into .next.
import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  productionBrowserSourceMaps: false,
  serverExternalPackages: ["ioredis"],
  // Types are checked by `npm run check`; a newcomer's first start need not wait for them a second time.
  typescript: { ignoreBuildErrors: true },
  compiler: { define: { IS_DEVELOPMENT: process.env.NODE_ENV === "development" } },
  experimental: { optimizePackageImports: ["lucide-react", "recharts"] },
};

export default config;
