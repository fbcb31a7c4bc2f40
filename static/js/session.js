// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays until the server has it.

import { forgetPerson } from "../../service_worker/leaving.js"
import { deliver } from "./deliver.js"

/** Send what can be sent, wipe, and tell the server. Works without a network too. */
export async function signOut() {
  await deliver({ eager: true }).catch(() => undefined)
  await fetch("/api/v1/sign-out", { method: "POST" }).catch(() => undefined)
  await forgetPerson()
}
