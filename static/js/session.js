// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays, sealed, until the server has it.

import { announce } from "../../service_worker/changes.js"
import { fact, keepFact } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"

/** Send what can be sent, wipe, and tell the server, now or at the next contact. Works without a network too. @returns {Promise<boolean>} does the server know? */
export async function signOut() {
  const [{ forgetPerson }, { endSession }] = await Promise.all([
    import("../../service_worker/leaving.js"), import("../../service_worker/delivery.js"),
  ])
  await deliver({ eager: true }).catch(() => undefined)
  const session = await fact("session")
  await forgetPerson()
  sessionStorage.clear()
  await keepFact("session_to_end", session ?? "")
  const isTold = await endSession().then(() => true, () => false)
  announce()
  return isTold
}
