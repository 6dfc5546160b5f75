// `config example`: prints the text of .env.example, generated from the schema.
import { envExample } from "@/server/config/env";

export function runConfigExample(): void {
  process.stdout.write(envExample());
}
