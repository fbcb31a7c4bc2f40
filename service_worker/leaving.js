// @ts-check
// Nothing readable stays of a person who leaves this phone; what they recorded stays, sealed, until the server has it.

import { boxOf, closed, items } from "./outbox.js"
import { all, answer, PACK_STORES, transaction } from "./store.js"

/** What belongs to the phone and not to a person. */
const OF_THE_PHONE = ["device", "app_build", "server_id", "epoch", "durable_through", "clock_offset", "seal_with", "cleared", "pause", "language"]

/** Forget everything readable. An item without a box is sealed first; without a key it stays as it is: never lose work. */
export async function forgetPerson() {
  const boxes = new Map()
  for (const { id, person_id, kind, schema, recorded_at, depends_on, body, sealed } of await items()) {
    if (body && !sealed) boxes.set(id, await boxOf(id, { person_id, kind, schema, recorded_at, depends_on, body }))
  }
  await transaction([...PACK_STORES, "drafts", "facts", "outbox"], "readwrite", async (s) => {
    const kept = await Promise.all(OF_THE_PHONE.map(async (key) => [key, await answer(s.facts.get(key))]))
    for (const store of [...PACK_STORES, "drafts", "facts"]) s[store].clear()
    for (const [key, value] of kept) if (value !== undefined) s.facts.put(value, key)
    for (const item of await answer(s.outbox.getAll())) {
      const whole = { ...item, ...boxes.get(item.id) }
      s.outbox.put(whole.sealed ? closed(whole) : item)
    }
  })
}

/** This phone may no longer be used: once the server has answered for everything, the boxes go too. */
export async function forgetBoxes() {
  const left = (await all("outbox")).filter((/** @type {any} */ item) => item.state === "ready")
  if (!left.length) await transaction(["outbox"], "readwrite", (s) => { s.outbox.clear() })
}
