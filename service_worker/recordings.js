// @ts-check
// Voices recorded on this phone: durable before anybody is told "saved", delivered in pieces that go on where they were
// cut, kept until the server has them. A recording holds a guide's text in somebody's voice, never anything of a
// family.

import { newId, nowWithZone } from "./outbox.js"
import { keepBallast } from "./room.js"
import { all, answer, fact, get, transaction } from "./store.js"

const PIECE = 256 * 1024
const PATIENCE_MS = 60_000
const KEEP_RECEIVED_DAYS = 7

/** Delivery stopped; nothing is lost by it. */
export class Stopped extends Error {}

/**
 * by: who speaks, where it is not this phone's person. is_cut: it was not ended by who speaks.
 * @typedef {{key: string, text: string, language: string, sound: Blob, seconds: number, by?: string, is_cut?: boolean}} Made
 */

/** What a recording says of itself, whole or not. @param {Made} made */
const described = async ({ key, text, language, sound, seconds, by, is_cut = false }) => ({
  person_id: by ?? (await fact("me"))?.person_id ?? null, text_key: key, text, language, recorded_at: nowWithZone(),
  type: sound.type, seconds, bytes: sound.size, is_cut, reason: null, receipt: null,
})

async function needsRoom() {
  if (!(await keepBallast())) throw new DOMException("the room is for entries", "QuotaExceededError")
}

/**
 * Keep a recording, as long as this phone has its reserve; one of the same text and language that still waits is
 * replaced.
 * @param {Made} made
 */
export async function keepRecording(made) {
  await needsRoom()
  const row = await whole({ id: newId(), ...(await described(made)), sound: await made.sound.arrayBuffer() })
  await transaction(["recordings"], "readwrite", async (s) => {
    for (const before of await answer(s.recordings.index("language").getAll(row.language))) {
      if (before.text_key === row.text_key && before.state !== "received") s.recordings.delete(before.id)
    }
    s.recordings.put(row)
  })
  if (!(await get("recordings", row.id))?.sound) throw new Error("the recording was not kept")
  return row
}

/** Ready to go. @param {any} row */
async function whole(row) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", row.sound))
  return { ...row, sha256: [...hash].map((b) => b.toString(16).padStart(2, "0")).join(""), state: "ready" }
}

/**
 * Somebody begins to speak: from here on what was said so far is kept, whatever happens to this page. `close` when nothing
 * more comes of it.
 * @returns {Promise<{soFar: (made: Made) => void, close: () => Promise<void>}>}
 */
export async function beginRecording() {
  await needsRoom()
  const id = newId()
  /** @type {() => void} */
  let letGo = () => undefined
  await new Promise((held) => {
    navigator.locks.request(`recording ${id}`, () => new Promise((done) => { letGo = () => done(undefined); held(undefined) }))
  })
  let last = Promise.resolve()
  const soFar = (/** @type {Made} */ made) => {
    const keep = async () => {
      const row = { id, ...(await described({ ...made, is_cut: true })), sound: await made.sound.arrayBuffer(), state: "begun" }
      await transaction(["recordings"], "readwrite", (s) => { s.recordings.put(row) })
    }
    last = last.then(keep).catch(() => undefined) // keeping all of it says why
  }
  return { soFar, close: async () => { await last; letGo() } }
}

/** What was being said when a page was cut off becomes a recording, unless the same text waits here already, said whole. */
export async function takeUp() {
  const rows = await all("recordings")
  for (const row of rows.filter(({ state }) => state === "begun")) {
    await navigator.locks.request(`recording ${row.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return // somebody is speaking at this moment
      const isSaid = rows.some((one) => one.text_key === row.text_key && one.language === row.language && one.state === "ready")
      if (isSaid) return forgetRecording(row.id)
      const taken = await whole(row)
      await transaction(["recordings"], "readwrite", (s) => { s.recordings.put(taken) })
    })
  }
}

/** Everything recorded on this phone, oldest first; not what is being said at this moment. @returns {Promise<any[]>} */
export const recordings = async () => (await all("recordings"))
  .filter(({ state }) => state !== "begun").sort((a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at))

/**
 * Deliver what waits. Safe to call at any time, from any tab.
 * @returns {Promise<number>} how many the server has answered for
 */
export const sendRecordings = () => navigator.locks.request("recordings", async () => {
  await takeUp()
  const waiting = (await recordings()).filter((row) => row.state === "ready")
  let settled = 0
  try {
    for (const row of waiting) {
      await send(row)
      settled += 1
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  await tidy()
  return settled
})

/** @param {any} row */
async function send(row) {
  await upload(row.sha256, row.sound)
  let said = await tell(row)
  if (said.outcome === "needs_upload") { // the server had let the sound go
    await upload(row.sha256, row.sound)
    said = await tell(row)
  }
  if (said.outcome === "needs_upload") throw new Stopped()
  const isKept = said.outcome === "accepted" || said.outcome === "duplicate"
  const changed = isKept
    ? { state: "received", sound: null, reason: null, receipt: { at: said.received_at, code: said.receipt } }
    : { state: "parked", reason: said.reason }
  await transaction(["recordings"], "readwrite", async (s) => {
    const now = await answer(s.recordings.get(row.id))
    if (now) s.recordings.put({ ...now, ...changed })
  })
}

/**
 * Bring every byte to the server, from where the last attempt was cut.
 * @param {string} sha256 @param {ArrayBuffer} body
 */
export async function upload(sha256, body) {
  const address = `/api/v1/uploads/${sha256}`
  let offset = offsetIn(await request(address, { method: "HEAD" }))
  for (let spoiled = 0; offset < body.byteLength;) {
    const headers = { "Upload-Offset": String(offset), "Upload-Length": String(body.byteLength), "Content-Type": "application/offset+octet-stream" }
    const said = await request(address, { method: "PATCH", headers, body: body.slice(offset, offset + PIECE) })
    if (said.status === 413) throw new Stopped()
    if (said.status === 422 && spoiled++ > 1) throw new Stopped()
    offset = offsetIn(said)
  }
}

/** @param {Response} said */
function offsetIn(said) {
  const offset = said.headers.get("Upload-Offset")
  if (offset === null) throw new Stopped() // not our server: a captive portal answers everything
  return Number(offset)
}

/** Say what the sound is. @param {any} row @returns {Promise<any>} the server's answer */
async function tell(row) {
  const device = await fact("device")
  const me = await fact("me")
  const said = await request("/api/v1/recordings", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": (await fact("language")) ?? "vi" },
    body: JSON.stringify({
      id: row.id, device_id: device?.id ?? row.id, person_id: row.person_id ?? me?.person_id ?? null, text_key: row.text_key, text: row.text,
      language: row.language, recorded_at: row.recorded_at, sha256: row.sha256,
    }),
  })
  if (!said.ok) throw new Stopped()
  const answered = await said.json().catch(() => { throw new Stopped() })
  const ours = await fact("server_id")
  if (!answered.server_id || (ours && ours !== answered.server_id)) throw new Stopped()
  return answered
}

/** @param {string} address @param {RequestInit} how */
export async function request(address, how) {
  let said
  try {
    said = await fetch(address, { ...how, cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch {
    throw new Stopped()
  }
  if (said.status === 401 || said.status === 404 || said.status === 429 || said.status >= 500) throw new Stopped()
  return said
}

/** Let go of what the server has had for a week. */
async function tidy() {
  const oldest = Date.now() - KEEP_RECEIVED_DAYS * 86_400_000
  const old = (await recordings()).filter((row) => row.state === "received" && Date.parse(row.receipt.at) < oldest)
  if (old.length) await transaction(["recordings"], "readwrite", (s) => { for (const row of old) s.recordings.delete(row.id) })
}

/** Forget one that the server did not take. @param {string} id */
export const forgetRecording = (id) => transaction(["recordings"], "readwrite", (s) => { s.recordings.delete(id) })
