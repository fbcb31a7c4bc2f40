// @ts-check
// The worker's table of contents. A new version waits until no screen of the old one is open, or the person agrees.

import { answerFromPhone, dropOld, isWhole, keepAll } from "./caching.js"
import { KEPT } from "./kept.js"
import { keepFact } from "./store.js"
import { sync } from "./sync.js"

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

worker.addEventListener("install", (event) => event.waitUntil(keepAll(KEPT)))
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()))
worker.addEventListener("fetch", (event) => answerFromPhone(event, KEPT))
worker.addEventListener("sync", (event) => /** @type {any} */ (event).waitUntil(sync())) // a bonus where it exists
worker.addEventListener("message", (event) => event.waitUntil(hear(event)))

/** @param {ExtendableMessageEvent} event */
async function hear({ data, ports }) {
  if (data === "take over") await worker.skipWaiting()
  if (data === "is it whole?") ports[0].postMessage(await isWhole(KEPT))
}

/** From now on this version answers, and operations carry its mark. */
async function takeOver() {
  await dropOld(KEPT)
  await keepFact("app_build", KEPT.build)
  await worker.clients.claim()
}
