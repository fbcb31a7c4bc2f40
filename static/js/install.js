// @ts-check
// The app on the home screen: the browser's own question where it has one, else in words for this phone's kind.

import { fact, keepFact } from "../../service_worker/store.js"
import { find } from "./screen.js"

/** Who said *not now* is asked again after this. */
const AGAIN_MS = 7 * 86_400_000

/** @type {any} the browser's question, once it offers one */
let question = null
let isOffered = false

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault()
  question = event
  if (isOffered) draw()
})
addEventListener("appinstalled", () => { find("[data-install]").hidden = true })

const isInstalled = () => matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true

/** An iPad says that it is a Mac; no Mac is touched. */
const isApple = () => /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)

/** How this phone puts an app on its home screen; null: it is there already, or nobody knows how. */
function way() {
  if (isInstalled()) return null
  return question ? "prompt" : isApple() ? "share" : /Android/.test(navigator.userAgent) ? "menu" : null
}

function draw() {
  const how = way()
  const place = find("[data-install]")
  place.hidden = !how
  for (const part of place.querySelectorAll("[data-way]")) part.toggleAttribute("hidden", part.getAttribute("data-way") !== how)
}

/** Offer it here, unless it is there already. */
export function offerInstall() {
  isOffered = true
  find("[data-install-now]").onclick = async () => {
    await question.prompt()
    question = null // it may be asked once
    draw()
  }
  draw()
}

/** Offer it at a good moment: to who has not said *not now* in the last days. */
export async function offerInstallAgain() {
  if (Date.now() - ((await fact("install_later")) ?? 0) < AGAIN_MS) return
  const later = find("[data-install-later]")
  later.hidden = false
  later.onclick = async () => {
    isOffered = false
    find("[data-install]").hidden = true
    await keepFact("install_later", Date.now())
    find("#main").focus()
  }
  offerInstall()
}
