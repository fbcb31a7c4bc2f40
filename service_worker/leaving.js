// @ts-check
// Nothing readable stays of a person who leaves this phone; what they recorded stays, sealed, until the server has it.

import { boxOf, closed, saidOf } from "./outbox.js"
import { keepKeysOf } from "./signing.js"
import { items } from "./waiting.js"
import { all, answer, PACK_STORES, transaction } from "./store.js"
import { sweep } from "./sweep.js"

/** What belongs to the phone and not to a person. */
export const OF_THE_PHONE = [
  "device", "app_build", "server_id", "epoch", "durable_through", "clock_offset", "contact_at", "seal_with", "cleared", "pause", "language",
  "locks", "used_at", "session_to_end", "leavings", "swept", "signing", "cannot_sign",
]

/**
 * Forget everything readable, and the key of who has no drawer here. An item without a signed box is signed and sealed first;
 * without the server's key it stays as it is: never lose work.
 * @param {(stores: Record<string, IDBObjectStore>) => Promise<boolean>} [first] what comes before, in the same transaction; false: nothing is forgotten
 * @returns {Promise<boolean>}
 */
export async function forgetPerson(first = async () => true) {
  const boxes = new Map()
  for (const item of await items()) {
    if (item.body && !item.is_signed) boxes.set(item.id, await boxOf(item.id, saidOf(item)))
  }
  const isDone = await transaction([...PACK_STORES, "drafts", "facts", "outbox", "drawers", "photos"], "readwrite", async (s) => {
    if (!(await first(s))) return false
    const kept = await Promise.all(OF_THE_PHONE.map(async (key) => [key, await answer(s.facts.get(key))]))
    // a photo may show what its report may not say
    for (const store of [...PACK_STORES, "drafts", "facts", "photos"]) s[store].clear()
    for (const [key, value] of kept) if (value !== undefined) s.facts.put(value, key)
    s.facts.put(((await answer(s.facts.get("leavings"))) ?? 0) + 1, "leavings")
    await keepKeysOf(s, await answer(s.drawers.getAllKeys()))
    for (const item of await answer(s.outbox.getAll())) {
      const whole = { ...item, ...boxes.get(item.id) }
      s.outbox.put(whole.sealed ? closed(whole) : item)
    }
    return true
  })
  if (isDone) await sweep()
  return isDone
}

/**
 * This phone may no longer be used: nobody's drawer stays on it; once the server has answered for everything, the
 * boxes go too.
 */
export async function forgetBoxes() {
  await transaction(["drawers", "facts"], "readwrite", (s) => {
    s.drawers.clear()
    for (const key of ["locks", "signing"]) s.facts.delete(key)
  })
  const left = (await all("outbox")).filter((item) => item.state === "ready")
  if (!left.length) await transaction(["outbox"], "readwrite", (s) => { s.outbox.clear() })
}
