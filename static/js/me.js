// @ts-check
// Me: who is signed in on this phone, in which languages, and signing out without losing anything.

import { counts } from "../../service_worker/outbox.js"
import { fact, keepFact } from "../../service_worker/store.js"
import { fill, find, moment, open, say, show } from "./screen.js"
import { signOut } from "./session.js"

async function drawScreen() {
  const [me, asOf, version, guideLanguage, { waiting, help }] = await Promise.all([
    fact("me"), fact("as_of"), fact("app_build"), fact("guide_language"), counts(),
  ])
  if (!me) return show("empty")
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
  show("ready")
}

find("[data-guide-language]").addEventListener("input", (/** @type {any} */ event) => keepFact("guide_language", event.target.value))

find("[data-sign-out]").addEventListener("click", async (/** @type {any} */ event) => {
  const button = event.currentTarget
  button.disabled = true
  if (await signOut()) return location.assign(button.dataset.next)
  show("empty") // the sign-in page needs a network
})

addEventListener("beforeinstallprompt", (/** @type {any} */ event) => {
  event.preventDefault()
  find("[data-install]").hidden = false
  find("[data-install-now]").onclick = () => event.prompt()
})

open(drawScreen)
