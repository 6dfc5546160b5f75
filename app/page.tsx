// The desk opens on the overview.
import { redirect } from "next/navigation";

export default function Page(): never {
  redirect("/overview");
}
