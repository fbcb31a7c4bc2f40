// @ts-check
// May this phone show what it holds? Not while it is locked, and not after a pause: then what is readable is put away
// first.

import { fact, keepFact } from "../../service_worker/store.js"
import { goToInstead } from "./leave_page.js"

const IDLE_MS = 10 * 60_000
/** Out of sight it is sooner: a browser may put a hidden page to sleep after five minutes. */
const HIDDEN_MS = 3 * 60_000
const LOOK_MS = 30_000

const screen = document.body.dataset.screen
const held = () => document.cookie.match(/(?:^|; )open_for=([\w-]+)/)?.[1]
let isWatching = false

/** False: the lock screen is on its way. */
export async function mayShow() {
  const [me, locks, usedAt] = await Promise.all([fact("me"), fact("locks"), fact("used_at")])
  if (me && held() === "nobody") return finish(me, locks)
  const other = held() !== "nobody" && held() !== undefined && held() !== me?.person_id // somebody has signed in since
  if (!locks?.length) return true
  if (other) await keepFact("used_at", Date.now())
  if (other && me) await (await import("../../service_worker/drawers.js")).closeDrawer()
  if (other || screen === "lock") return true
  if (!me || (locks.includes(me.person_id) && isOver(usedAt))) {
    await lock()
    return false
  }
  watch()
  return true
}

/**
 * A lock or a sign-out was begun and cut off, or somebody signed out at the desk: it is finished before anything is shown.
 * @param {any} me @param {string[]|undefined} locks @returns {Promise<boolean>}
 */
async function finish(me, locks) {
  if (!locks?.includes(me.person_id)) {
    await (await import("./session.js")).forgetHere()
    return mayShow()
  }
  await lock()
  return false
}

/** Put away what is readable and show the lock screen; it comes back to this page. */
export async function lock() {
  document.body.hidden = true // also in what the browser keeps for its back button
  const me = await fact("me")
  if (me) await (await import("../../service_worker/drawers.js")).closeDrawer()
  sessionStorage.clear()
  if (me) sessionStorage.setItem("locked_by", me.person_id)
  await goToInstead(`/${document.documentElement.lang}/field/lock#${encodeURIComponent(location.pathname + location.hash)}`)
}

/** @param {number|undefined} usedAt */
const isOver = (usedAt) => Math.abs(Date.now() - (usedAt ?? 0)) > (document.visibilityState === "hidden" ? HIDDEN_MS : IDLE_MS)

/** From now on: note that somebody is there, and lock when nobody is. */
function watch() {
  if (isWatching) return
  isWatching = true
  let noted = 0
  const note = () => {
    if (Date.now() - noted < LOOK_MS) return
    noted = Date.now()
    keepFact("used_at", noted).catch(() => undefined)
  }
  note()
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, note, { passive: true })
  setInterval(async () => { if (isOver(await fact("used_at"))) await lock() }, LOOK_MS)
  addEventListener("pagehide", () => { document.body.hidden = true })
  window.addEventListener("pageshow", async (event) => { if (event.persisted && (await mayShow())) document.body.hidden = false })
}
