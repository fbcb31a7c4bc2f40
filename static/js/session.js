// @ts-check
// Signing out on this phone: everything readable goes, what waits to be sent stays, sealed, until the server has it.

import { announce } from "../../service_worker/changes.js"
import { isAllSafe, leaveForGood } from "../../service_worker/outbox.js"
import { answer, fact, transaction } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"

/**
 * Sign out: what is readable goes at once, before any network is asked; then what waits is sent, sealed, and the server is
 * told, now or at the next contact. Closing or killing the browser after the tap undoes nothing: the first thing that goes
 * is the other half of the session, and a screen that finds it gone finishes what was begun (`lock_watch.js`).
 * @returns {Promise<boolean>} does the server know?
 */
export async function signOut() {
  const me = await fact("me")
  if (me) (await import("../../service_worker/drawers.js")).letGoOf(me.person_id)
  await forgetHere()
  await deliver({ eager: true }).catch(() => undefined)
  if ((await fact("session_to_end")) !== null) return false
  if (await isAllSafe()) await clearAll().catch(() => undefined)
  return true
}

/** All of it that needs no network. */
export async function forgetHere() {
  const [{ forgetPerson }, { removeDrawer }] = await Promise.all([
    import("../../service_worker/leaving.js"), import("../../service_worker/drawers.js"),
  ])
  const me = await transaction(["facts"], "readwrite", async (s) => {
    const [me, session] = await Promise.all([answer(s.facts.get("me")), answer(s.facts.get("session"))])
    if (me) s.facts.put(session ?? "", "session_to_end")
    return me
  })
  if (!me) return
  await removeDrawer(me.person_id)
  await forgetPerson()
  sessionStorage.clear()
  announce()
}

/** Nothing is left here that only this phone has: the browser throws away all that it keeps of us, at the server's word. */
async function clearAll() {
  await leaveForGood()
  await fetch("/api/v1/sign-out", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ session: "ended", clear: true }),
  })
}
