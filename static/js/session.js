// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays until the server has it.

import { forgetPerson } from "../../service_worker/store.js"
import { sync } from "../../service_worker/sync.js"

/** Send what can be sent, wipe, and tell the server. Works without a network too. */
export async function signOut() {
  await sync().catch(() => undefined)
  await fetch("/api/v1/sign-out", { method: "POST" }).catch(() => undefined)
  await forgetPerson()
}
