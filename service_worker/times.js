// @ts-check
// Times that cannot be: somebody turned the phone's clock while there was no network. They are put right by the
// server's time before the item is sent for the first time; what has been sent is never changed again. The server is
// asked whenever something was recorded after the last contact: a clock that is wrong by minutes is wrong enough.

import { hello } from "./delivery.js"
import { boxOf, ready } from "./outbox.js"
import { answer, fact, transaction } from "./store.js"

const BEARABLE_MS = 2 * 60_000

/** Look at what waits; where a time looks odd, ask the server for its own, then mend those that cannot be. */
export async function mendTimes() {
  const waiting = (await ready()).filter((item) => item.body).map((item) => ({
    item, at: Date.parse(item.recorded_at), after: Date.parse(item.after ?? "") || 0,
  }))
  const contact = Date.parse((await fact("contact_at")) ?? "") || 0
  if (!waiting.some(({ at, after }) => at + BEARABLE_MS < after || at > contact + BEARABLE_MS)) return
  await hello()
  const offset = await fact("clock_offset")
  const now = Date.now() + offset
  for (const { item, at, after } of waiting) {
    if (at + BEARABLE_MS >= after && at <= now + BEARABLE_MS) continue
    await recordedAt(item, Math.min(now, Math.max(after, item.made_at + offset)))
  }
}

/** @param {any} item @param {number} time */
async function recordedAt({ id, person_id, kind, schema, depends_on, body }, time) {
  const said = { person_id, kind, schema, recorded_at: new Date(time).toISOString(), time_quality: "corrected", depends_on, body }
  const box = await boxOf(id, said)
  await transaction(["outbox"], "readwrite", async (s) => {
    const item = await answer(s.outbox.get(id))
    if (item?.state === "ready" && item.body) s.outbox.put({ ...item, ...said, ...box })
  })
}
