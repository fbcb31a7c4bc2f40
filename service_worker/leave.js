// @ts-check
// The way out when a release went wrong: takes the place of the worker, gives every kept file up and goes. What was
// recorded stays.

const leaving = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

leaving.addEventListener("install", (event) => event.waitUntil(leaving.skipWaiting()))
leaving.addEventListener("activate", (event) => event.waitUntil(leave()))

async function leave() {
  for (const name of await caches.keys()) await caches.delete(name)
  await leaving.registration.unregister()
}
