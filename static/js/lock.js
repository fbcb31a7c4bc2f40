// @ts-check
// The lock screen: whose drawer to open, with that person's PIN. Works without a network.

import { announce } from "../../service_worker/changes.js"
import { emptyOldDrawers, openDrawer, openPasskeyDrawer } from "../../service_worker/drawers.js"
import { all, fact } from "../../service_worker/store.js"
import { goToInstead } from "./leave_page.js"
import { askLock } from "./passkeys.js"
import { copy, fill, find, language, moment, open, place, put, say, show } from "./screen.js"

const form = find("[data-pin]")
/** @type {string|null} whose PIN is asked for */
let chosen = null

async function drawScreen() {
  await emptyOldDrawers()
  const [drawers, me] = await Promise.all([all("drawers"), fact("me")])
  if (me || !drawers.length) return goToInstead(`/${language}/field/today`)
  if (!drawers.some((d) => d.person_id === chosen)) chosen = drawers.length === 1 ? drawers[0].person_id : null
  put(find("[data-list=people]"), drawers.sort((a, b) => b.closed_at - a.closed_at).map(rowOf))
  drawForm(drawers)
  show("ready")
}

/** @param {any} drawer */
function rowOf(drawer) {
  const row = copy("person", { name: drawer.name, state: drawer.box ? say("closed_at", { time: moment(new Date(drawer.closed_at).toISOString()) }) : say("empty") })
  const input = find("input", row)
  input.value = drawer.person_id
  input.toggleAttribute("checked", drawer.person_id === chosen)
  return row
}

/** @param {any[]} drawers */
function drawForm(drawers) {
  const drawer = drawers.find((d) => d.person_id === chosen)
  form.hidden = !drawer?.box || Boolean(drawer.passkey)
  find("[data-with-passkey]").hidden = !drawer?.box || !drawer.passkey
  find("[data-sign-in-again]").hidden = !drawer || Boolean(drawer.box)
  if (drawer) fill(form, { whose: say("whose", { name: drawer.name }) })
}

find("[data-list=people]").addEventListener("change", async (/** @type {any} */ event) => {
  chosen = event.target.value
  fill(form, { problem: null })
  drawForm(await all("drawers"))
  if (!form.hidden) find("input", form).focus()
})

form.addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault()
  const [input, button] = [find("input", form), find("button", form)]
  button.disabled = true
  fill(form, { problem: say("opening") })
  const { outcome, ...values } = await openDrawer(/** @type {string} */ (chosen), input.value)
  button.disabled = false
  input.value = ""
  if (outcome === "open") return goOn()
  fill(form, { problem: say(outcome, values) })
  if (outcome === "empty") return drawScreen()
  input.focus()
})

find("[data-use-passkey]").addEventListener("click", async () => {
  const place = find("[data-with-passkey]")
  fill(place, { not_given: null })
  const { outcome } = await openPasskeyDrawer(/** @type {string} */ (chosen), askLock)
  if (outcome === "open") return goOn()
  fill(place, { not_given: say("not_given") })
})

async function goOn() {
  announce()
  await goToInstead(backTo(place(), await fact("me")))
}

/** Where the same person was; anybody else begins with today. @param {string} address @param {any} me */
function backTo(address, me) {
  const isOurs = address.startsWith(`/${language}/field/`) && sessionStorage.getItem("locked_by") === me.person_id
  return isOurs ? address : `/${language}/field/today`
}

open(drawScreen)
