// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays, sealed, until the server has it.

import { announce } from "../../service_worker/changes.js"
import { fact, keepFact } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"

/**
 * Sign out: what is readable goes at once, before any network is asked; then what waits is sent, sealed, and the server is
 * told, now or at the next contact. Closing or killing the browser after the tap undoes nothing.
 * @returns {Promise<boolean>} does the server know?
 */
export async function signOut() {
  const [{ forgetPerson }, { letGoOf, removeDrawer }] = await Promise.all([
    import("../../service_worker/leaving.js"), import("../../service_worker/drawers.js"),
  ])
  const [session, me] = await Promise.all([fact("session"), fact("me")])
  if (me) letGoOf(me.person_id) // what is left of the session opens nothing, with or without a network
  await keepFact("session_to_end", session ?? "")
  await forgetPerson()
  if (me) await removeDrawer(me.person_id)
  sessionStorage.clear()
  announce()
  await deliver({ eager: true }).catch(() => undefined)
  return (await fact("session_to_end")) === null
}
