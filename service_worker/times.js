// @ts-check
// Times that cannot be: somebody turned the phone's clock while there was no network. They are put right by the
// server's time before the item is sent for the first time; what has been sent is never changed again. The server is
// asked whenever something was recorded after the last contact: a clock that is wrong by minutes is wrong enough.

import { hello } from "./delivery.js"
import { boxOf, ready, saidOf } from "./outbox.js"
import { answer, fact, transaction } from "./store.js"

const BEARABLE_MS = 2 * 60_000

/**
 * What waits, with times that can be: where one looks odd, the server is asked for its own. What is recorded meanwhile is not
 * among them: it has not been looked at. @returns {Promise<any[]>}
 */
export async function inTime() {
  const waiting = (await ready()).map((item) => ({
    item, at: Date.parse(item.recorded_at), after: Date.parse(item.after ?? "") || 0,
  }))
  const contact = Date.parse((await fact("contact_at")) ?? "") || 0
  const looksOdd = (/** @type {typeof waiting[number]} */ { item, at, after }) => item.body && (at + BEARABLE_MS < after || at > contact + BEARABLE_MS)
  if (!waiting.some(looksOdd)) return waiting.map(({ item }) => item)
  await hello()
  const offset = await fact("clock_offset")
  const now = Date.now() + offset
  for (const { item, at, after } of waiting) {
    if (!item.body || (at + BEARABLE_MS >= after && at <= now + BEARABLE_MS)) continue
    await recordedAt(item, Math.min(now, Math.max(after, item.made_at + offset)))
  }
  const known = new Set(waiting.map(({ item }) => item.id))
  return (await ready()).filter(({ id }) => known.has(id))
}

/** @param {any} item @param {number} time */
async function recordedAt({ id, ...before }, time) {
  const said = { ...saidOf(before), recorded_at: new Date(time).toISOString(), time_quality: "corrected" }
  const box = await boxOf(id, said)
  await transaction(["outbox"], "readwrite", async (s) => {
    const item = await answer(s.outbox.get(id))
    if (item?.state === "ready" && item.body) s.outbox.put({ ...item, ...said, ...box })
  })
}
