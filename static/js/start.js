// @ts-check
// What every phone screen does on opening: keep the app, send what waits, offer a new version.

import { keepFact } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"
import { loadAnew } from "./leave_page.js"

const SECOND = 1000
const MINUTE = 60 * SECOND

/**
 * Sync on open, on focus, on reconnect and every minute or so while visible; never rely on Background Sync.
 * @param {{onNewVersion: (takeOver: () => void) => void}} told
 */
export function start({ onNewVersion }) {
  const language = document.documentElement.lang
  keepFact("language", language).catch(() => undefined)
  let next = 0
  const attempt = async (eager = false) => {
    if (document.visibilityState !== "visible") return
    const told = await deliver({ eager }).catch(() => null)
    if (told?.error === null) import("../../service_worker/room.js").then((room) => room.keepBallast()).catch(() => undefined)
    clearTimeout(next)
    next = setTimeout(attempt, told?.wait ?? MINUTE * (0.75 + Math.random() / 2)) // phones do not come all at once
  }
  attempt()
  addEventListener("online", () => attempt(true))
  for (const event of ["pageshow", "focus"]) addEventListener(event, () => attempt())
  document.addEventListener("visibilitychange", () => attempt())
  if ("serviceWorker" in navigator) register(language, onNewVersion).catch(() => undefined)
}

/** @param {string} language @param {(takeOver: () => void) => void} onNewVersion */
async function register(language, onNewVersion) {
  const address = `/sw.js?language=${language}`
  const registration = await navigator.serviceWorker.register(address, { type: "module", scope: "/", updateViaCache: "imports" })
  let isReplaced = false
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return
    // another window may accept it first: then this one only needs to be loaded anew
    navigator.serviceWorker.addEventListener("controllerchange", () => { isReplaced = true }, { once: true })
    onNewVersion(() => isReplaced ? loadAnew() : takeOver(registration))
  }
  offer()
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer)
  })
}

/**
 * Ask the waiting version to take over, again until it has: a busy phone may lose a message.
 * @param {ServiceWorkerRegistration} registration
 */
function takeOver(registration) {
  navigator.serviceWorker.addEventListener("controllerchange", () => loadAnew(), { once: true })
  const ask = () => registration.waiting?.postMessage("take over")
  setInterval(ask, SECOND)
  ask()
}
