// @ts-check
// Languages on this phone: what there is in each, and for those it keeps, their voices, to be heard without a network.
// Voices lie in a cache of their own, bounded, and go first when the phone is full.

import { announce } from "./changes.js"
import { keepBallast } from "./room.js"
import { answer, fact, isFull, keepFact, transaction } from "./store.js"

const CACHE = "voices"
const MOST_BYTES = 48 * 1024 * 1024
const PATIENCE_MS = 30_000
const REST_MS = 3 * 60_000

/** The languages that this phone keeps. @returns {Promise<string[]>} */
export const keptLanguages = async () => (await fact("kept_languages")) ?? []

/** Keep a language on this phone from now on, or let it go. @param {string} tag @param {boolean} isKept */
export async function keepLanguage(tag, isKept) {
  await transaction(["facts"], "readwrite", async (s) => {
    const kept = new Set((await answer(s.facts.get("kept_languages"))) ?? [])
    if (isKept) kept.add(tag)
    else kept.delete(tag)
    s.facts.put([...kept], "kept_languages")
  })
  await fetchLanguages({ eager: true })
}

/**
 * Ask what there is, and fetch the voices of kept languages.
 * @param {{eager?: boolean}} [how] eager: now, not only every few minutes
 */
export const fetchLanguages = ({ eager = false } = {}) => navigator.locks.request("languages", async () => {
  const before = (await fact("languages")) ?? {}
  const kept = (await keptLanguages()).join(",")
  const isFresh = before.kept === kept && Date.now() - (before.asked_at ?? 0) < REST_MS
  if (isFresh && !eager) return keepVoices(before)
  const said = await ask(kept, before.kept === kept ? before.mark : "")
  if (!said) return
  const now = said === "unchanged" ? before : { languages: said.languages, packs: said.packs, mark: said.mark, kept }
  await keepFact("languages", { ...now, asked_at: Date.now() })
  await keepVoices(now)
  announce()
})

/** @param {string} kept @param {string} mark @returns {Promise<any>} null when there is no answer of ours */
async function ask(kept, mark) {
  try {
    const said = await fetch(`/api/v1/languages?kept=${kept}`, {
      headers: mark ? { "If-None-Match": `"${mark}"` } : {}, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (said.status === 304) return "unchanged"
    const body = said.ok ? await said.json() : null
    return body?.server_id ? body : null
  } catch {
    return null
  }
}

/**
 * Make the cache hold the voices of kept languages and nothing else; a phone without its reserve goes without.
 * @param {any} now
 */
async function keepVoices({ packs = {} }) {
  if (!(await keepBallast())) return
  const wanted = new Map()
  for (const { voices } of Object.values(packs)) for (const voice of Object.values(voices)) wanted.set(voice.url, voice.bytes)
  const cache = await caches.open(CACHE)
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname))
  for (const url of there) if (!wanted.has(url)) await cache.delete(url)
  let bytes = 0
  for (const [url, size] of wanted) {
    bytes += size
    if (bytes > MOST_BYTES) return
    if (there.has(url)) continue
    try {
      const said = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) })
      if (said.ok && said.headers.get("Content-Type") === "audio/mpeg") await cache.put(url, said)
    } catch (error) {
      if (isFull(error)) await dropVoices()
      return
    }
  }
}

/** Let every voice go: what was recorded in the field needs the room. */
const dropVoices = () => caches.delete(CACHE)

/** What this phone keeps of a language, or null. @param {string} tag @returns {Promise<any>} */
export const languagePack = async (tag) => (await fact("languages"))?.packs?.[tag] ?? null

/**
 * How many of a language's sounds are on this phone; two texts may share one.
 * @param {any} pack @returns {Promise<{here: number, count: number}>}
 */
export async function voicesHere(pack) {
  const cache = await caches.open(CACHE)
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname))
  const urls = [...new Set(Object.values(pack?.voices ?? {}).map((voice) => voice.url))]
  return { here: urls.filter((url) => there.has(url)).length, count: urls.length }
}
