// @ts-check
// Keeps the guides that a citizen has opened, and nothing else; the field app has a worker of its own (main.js).
// Its scope is one language's guides. The newest copy is shown where the network answers in time, else the kept one.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))
const NAME = "guides-kept"
const PATIENCE_MS = 2000
const NAMED = /\/assets\/[\w./-]+/g
const scope = new URL(worker.registration.scope).pathname

worker.addEventListener("install", (event) => event.waitUntil(keepOpenPages().then(() => worker.skipWaiting())))
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener("fetch", (event) => {
  const { origin, pathname, search } = new URL(event.request.url)
  if (event.request.method !== "GET" || origin !== location.origin) return
  if (pathname.startsWith("/assets/")) event.respondWith(assetAnswer(event.request, pathname))
  else if (isGuide(pathname)) event.respondWith(pageAnswer(event, pathname, search))
})

/** @param {string} pathname */
const isGuide = (pathname) => pathname === scope || pathname.startsWith(`${scope}/`)

/** The guide that brought the citizen here was opened before this worker was: keep it now, and the list of guides. */
async function keepOpenPages() {
  const open = await worker.clients.matchAll({ includeUncontrolled: true, type: "window" })
  const paths = open.map((client) => new URL(client.url).pathname).filter(isGuide)
  await Promise.all([...new Set([scope, ...paths])].map(async (path) => keep(path, await fetch(path))))
}

/** Keep a page and the files that it names. @param {string} path @param {Response} response */
async function keep(path, response) {
  if (!response.ok || response.redirected) return
  const cache = await caches.open(NAME)
  const named = (await response.clone().text()).match(NAMED) ?? []
  await cache.put(path, response)
  await Promise.all([...new Set(named)].map(async (address) => (await cache.match(address)) ?? cache.add(address)))
}

/** @param {Request} request @param {string} address */
async function assetAnswer(request, address) {
  return (await caches.match(address)) ?? fetch(request)
}

/** @param {FetchEvent} event @param {string} path @param {string} search */
async function pageAnswer(event, path, search) {
  const kept = caches.open(NAME).then((cache) => cache.match(path))
  const fresh = fetch(event.request).then((response) => {
    if (response.status >= 500) throw new Error(`${path}: ${response.status}`)
    if (!search) event.waitUntil(keep(path, response.clone()))
    return response
  })
  const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS) }).then(() => kept)
  const list = () => caches.open(NAME).then((cache) => cache.match(scope))
  const soon = await Promise.race([fresh.catch(() => kept), patience])
  return soon ?? fresh.catch(async (error) => (await list()) ?? Promise.reject(error))
}
