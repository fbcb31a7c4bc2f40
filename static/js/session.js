// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays, sealed, until the server has it.

import { announce } from "../../service_worker/changes.js"
import { fact, keepFact } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"

/**
 * Send what can be sent, wipe, and tell the server, now or at the next contact. Works without a network too.
 * @returns {Promise<boolean>} does the server know?
 */
export async function signOut() {
  const [{ forgetPerson }, { endSession }, { holdFor, removeDrawer }] = await Promise.all([
    import("../../service_worker/leaving.js"), import("../../service_worker/delivery.js"), import("../../service_worker/drawers.js"),
  ])
  await deliver({ eager: true }).catch(() => undefined)
  const session = await fact("session")
  const me = await fact("me")
  await forgetPerson()
  if (me) await removeDrawer(me.person_id)
  sessionStorage.clear()
  await keepFact("session_to_end", session ?? "")
  const isTold = await endSession().then(() => true, () => false)
  if ((await fact("locks"))?.length) holdFor("nobody")
  announce()
  return isTold
}
