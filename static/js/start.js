// @ts-check
// What every phone screen does on opening: keep the app, send what waits, offer a new version.

import { keepFact } from "../../service_worker/store.js"
import { sync } from "../../service_worker/sync.js"

const SECOND = 1000
const MINUTE = 60 * SECOND

/**
 * Sync on open, on focus, on reconnect and every minute while visible; never rely on Background Sync.
 * @param {{onNewVersion: (takeOver: () => void) => void}} told
 */
export function start({ onNewVersion }) {
  const language = document.documentElement.lang
  keepFact("language", language).catch(() => undefined)
  const attempt = () => { if (document.visibilityState === "visible") sync().catch(() => undefined) }
  attempt()
  for (const event of ["online", "pageshow", "focus"]) addEventListener(event, attempt)
  document.addEventListener("visibilitychange", attempt)
  setInterval(attempt, MINUTE)
  if ("serviceWorker" in navigator) register(language, onNewVersion).catch(() => undefined)
}

/** @param {string} language @param {(takeOver: () => void) => void} onNewVersion */
async function register(language, onNewVersion) {
  const address = `/sw.js?language=${language}`
  const registration = await navigator.serviceWorker.register(address, { type: "module", scope: "/", updateViaCache: "imports" })
  const offer = () => {
    if (registration.waiting && navigator.serviceWorker.controller) onNewVersion(() => takeOver(registration))
  }
  offer()
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer)
  })
}

/** Ask the waiting version to take over, again until it has: a busy phone may lose a message. @param {ServiceWorkerRegistration} registration */
function takeOver(registration) {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true })
  const ask = () => registration.waiting?.postMessage("take over")
  setInterval(ask, SECOND)
  ask()
}
