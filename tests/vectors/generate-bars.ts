// The generator of synthetic bars where tests have always found it.
export { generateSeries } from "@/lib/market/generate-bars";
