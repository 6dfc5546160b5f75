// Next.js settings: the desk renders per request (CSP nonce), ships no source maps, and builds into .next.
import type { NextConfig } from "next";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  productionBrowserSourceMaps: false,
  serverExternalPackages: ["ioredis"],
  experimental: { optimizePackageImports: ["lucide-react", "recharts"] },
};

export default config;
