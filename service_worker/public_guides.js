// @ts-check
// Keeps the guides that a citizen has opened, with their voices, and nothing else; the field app has a worker of its
// own
// (main.js). Its scope is one language's guides. The newest copy is shown where the network answers in time, else the
// kept one. A guide heard in another language is a page of its own.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))
const NAME = "guides-kept"
const PATIENCE_MS = 2000
const NAMED = /\/assets\/[\w./-]+/g
const VOICES = /\/media\/(?:voices|machine)\/\w+\.mp3/g
const scope = new URL(worker.registration.scope).pathname

worker.addEventListener("install", (event) => event.waitUntil(keepOpenPages().then(() => worker.skipWaiting())))
// a page that was opened while the worker was getting ready was not fetched through it
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim().then(() => keepOpenPages())))
worker.addEventListener("message", (event) => event.waitUntil(keepOpenPages(isVoiceList(event.data) ? [event.data] : [])))
worker.addEventListener("fetch", (event) => {
  const { origin, pathname, search } = new URL(event.request.url)
  if (event.request.method !== "GET" || origin !== location.origin) return
  if (pathname.startsWith("/assets/")) event.respondWith(assetAnswer(event.request, pathname))
  else if (isVoiceList(pathname)) event.respondWith(pageAnswer(event, pathname, ""))
  else if (isGuide(pathname)) event.respondWith(pageAnswer(event, nameOf(pathname, search), search))
})

/** What a machine says of a guide. @param {unknown} path */
const isVoiceList = (path) => typeof path === "string" && path.startsWith("/media/machine/guides/")

/** @param {string} pathname */
const isGuide = (pathname) => pathname === scope || pathname.startsWith(`${scope}/`)

/**
 * A page as it is kept: its answers stay with the citizen, the language it is heard in does not.
 * @param {string} path @param {string} search
 */
function nameOf(path, search) {
  const tongue = new URLSearchParams(search).get("tieng")
  return tongue ? `${path}?tieng=${encodeURIComponent(tongue)}` : path
}

/**
 * Guides that were opened before this worker was ready, and the list of guides: keep what is not kept yet.
 * @param {string[]} [more] what a page has asked for before
 */
async function keepOpenPages(more = []) {
  const open = await worker.clients.matchAll({ includeUncontrolled: true, type: "window" })
  const opened = open.map((client) => new URL(client.url)).filter((url) => isGuide(url.pathname))
  const names = [scope, ...more, ...opened.map((url) => nameOf(url.pathname, url.search))]
  const isKept = await Promise.all(names.map((name) => caches.match(name)))
  const missing = new Set(names.filter((_, place) => !isKept[place]))
  await Promise.all([...missing].map(async (name) => keep(name, await fetch(name))))
}

/**
 * Keep a page and the files that it names; voices last, and not for somebody who saves data.
 * @param {string} name @param {Response} response
 */
async function keep(name, response) {
  if (!response.ok || response.redirected) return
  const cache = await caches.open(NAME)
  const html = await response.clone().text()
  const before = (await (await cache.match(name))?.text()) ?? ""
  await cache.put(name, response)
  await keepNamed(cache, html)
  const voices = new Set(html.match(VOICES))
  for (const old of before.match(VOICES) ?? []) if (!voices.has(old)) await cache.delete(old)
  if (/** @type {any} */ (navigator).connection?.saveData) return
  // the next visit fetches what is missing
  for (const voice of voices) await keepFile(cache, voice).catch(() => undefined)
}

/** Keep what a text names, and what that names. @param {Cache} cache @param {string} text */
async function keepNamed(cache, text) {
  await Promise.all([...new Set(text.match(NAMED))].map(async (address) => {
    const file = await keepFile(cache, address)
    if (!address.endsWith(".svg")) await keepNamed(cache, (await file?.text()) ?? "")
  }))
}

/** @param {Cache} cache @param {string} address */
async function keepFile(cache, address) {
  if (!(await cache.match(address))) await cache.add(address)
  return cache.match(address)
}

/** @param {Request} request @param {string} address */
async function assetAnswer(request, address) {
  return (await caches.match(address)) ?? fetch(request)
}

/**
 * Keep what was opened; with answers in its address (a guide handed over at a step) the whole guide.
 * @param {string} name @param {string} search @param {Response} response
 */
async function keepFor(name, search, response) {
  const isWhole = name.endsWith(search)
  if (isWhole) await keep(name, response)
  else if (name !== scope && !(await caches.match(name))) await keep(name, await fetch(name))
}

/** @param {FetchEvent} event @param {string} name @param {string} search */
async function pageAnswer(event, name, search) {
  const kept = caches.open(NAME).then((cache) => cache.match(name))
  const fresh = fetch(event.request).then((response) => {
    if (response.status >= 500) throw new Error(`${name}: ${response.status}`)
    event.waitUntil(keepFor(name, search, response.clone()))
    return response
  })
  const patience = new Promise((resolve) => { setTimeout(resolve, PATIENCE_MS) }).then(() => kept)
  const list = () => caches.open(NAME).then((cache) => cache.match(scope))
  const soon = await Promise.race([fresh.catch(() => kept), patience])
  return soon ?? fresh.catch(async (error) => (await list()) ?? Promise.reject(error))
}
