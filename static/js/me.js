// @ts-check
// Me: who is signed in on this phone, in which languages, and signing out without losing anything.

import { counts } from "../../service_worker/waiting.js"
import { isWeakPin } from "../../service_worker/rules.js"
import { fact, get, keepFact } from "../../service_worker/store.js"
import { offerInstall } from "./install.js"
import { goTo } from "./leave_page.js"
import { fill, find, moment, open, place, say, show } from "./screen.js"
import { lock } from "./lock_watch.js"
import { askLock, knowsPasskeys } from "./passkeys.js"
import { signOut } from "./session.js"

async function drawScreen() {
  const [me, asOf, version, guideLanguage, { waiting, help }, locks] = await Promise.all([
    fact("me"), fact("as_of"), fact("app_build"), fact("guide_language"), counts(), fact("locks"),
  ])
  if (!me) return (await import("./nothing_yet.js")).showNothingYet()
  const left = waiting + help
  fill(document, {
    name: me.name,
    role: say(`role.${me.role}`),
    place: me.province_name ? say("place", { commune: me.commune_name, province: me.province_name }) : me.commune_name,
    as_of: asOf && moment(asOf),
    version: version ?? "–",
    before_leaving: say(left ? "waits" : "nothing_waits", { count: left }),
  })
  find("[data-no-badge]").hidden = Boolean(me.badge)
  find("[data-badge]").hidden = !me.badge
  if (me.badge) (await import("./code_dialog.js")).drawCode(find("[data-badge]"), `${location.origin}/b/${me.badge}`)
  for (const input of find("[data-guide-language]").querySelectorAll("input")) input.checked = input.value === (guideLanguage ?? "vi")
  const hasOwnLock = Boolean((await get("drawers", me.person_id))?.passkey)
  drawLock(Boolean(locks?.includes(me.person_id)), hasOwnLock)
  find("[data-own-lock]").hidden = hasOwnLock || !(await knowsPasskeys())
  show("ready")
  offerInstall()
  if (place() === "pin" && !locks?.includes(me.person_id)) askForPin()
}

/** Somebody comes to set a PIN. */
function askForPin() {
  find("[data-set-pin]").open = true
  find("#new-pin").focus()
}

/** Has this person a lock here, and is it the phone's own? @param {boolean} isLocked @param {boolean} hasOwnLock */
function drawLock(isLocked, hasOwnLock) {
  find("[data-unlocked]").hidden = isLocked
  find("[data-locked]").hidden = !isLocked
  find("[data-lock-now]").hidden = !isLocked
  fill(document, { set_pin: say(isLocked && !hasOwnLock ? "change_pin" : "set_pin") })
}

find("[data-lock-now]").addEventListener("click", lock)

find("[data-set-own-lock]").addEventListener("click", async () => {
  const isSet = await (await import("../../service_worker/drawers.js")).makePasskeyDrawer(askLock)
  fill(document, { own_lock_problem: isSet ? null : say("own_lock_problem") })
  if (isSet) await drawScreen()
})

find("[data-new-pin]").addEventListener("submit", async (/** @type {any} */ event) => {
  event.preventDefault()
  const form = event.target
  const { pin, again } = Object.fromEntries(new FormData(form))
  const problem = pin !== again ? "not_same" : isWeakPin(String(pin)) ? "too_easy" : null
  fill(form, { pin_problem: problem && say(problem) })
  if (problem) return
  await (await import("../../service_worker/drawers.js")).makeDrawer(String(pin))
  form.reset()
  form.closest("details").open = false
  await drawScreen()
})

find("[data-guide-language]").addEventListener("input", (/** @type {any} */ event) => keepFact("guide_language", event.target.value))

find("[data-sign-out]").addEventListener("click", async (/** @type {any} */ event) => {
  const button = event.currentTarget
  button.disabled = true
  if (await signOut()) return goTo(button.dataset.next)
  await (await import("./nothing_yet.js")).showNothingYet() // the sign-in page needs a network
})

open(drawScreen)
