// Error of the devnet room: every failure to build or run the local chain and its fake services says what to do.
import { TidegateError } from "@/lib/errors/tidegate-error";

export class DevnetError extends TidegateError<
  "missing_package" | "compile" | "anvil" | "deploy" | "truth_check" | "state" | "bad_input"
> {}
