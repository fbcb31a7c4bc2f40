// @ts-check
// What was just registered can still be taken back: it is held for ten seconds before it is sent.

import { isHeld, letGo, remember } from "./outbox.js"
import { all, answer, transaction } from "./store.js"

/** Somebody wants everything sent now. */
export const letAllGo = () => transaction(["outbox"], "readwrite", async (s) => {
  for (const { id } of (await answer(s.outbox.getAll())).filter(isHeld)) await letGo(s.outbox, id)
})

/**
 * A registration by mistake, as if it had never been; only while it is held, and nothing was recorded after it.
 * @param {string} id @returns {Promise<boolean>} was it in time?
 */
export async function unregister(id) {
  const device = await transaction(["outbox", "facts", "households"], "readwrite", async (s) => {
    const [item, last] = await Promise.all([answer(s.outbox.get(id)), answer(s.facts.get("device"))])
    if (!item || !isHeld(item) || last.seq !== item.seq) return null
    s.outbox.delete(id)
    s.households.delete(id)
    s.facts.put({ ...last, seq: last.seq - 1 }, "device")
    return { ...last, seq: last.seq - 1 }
  })
  if (device) remember(device)
  return Boolean(device)
}

/** Milliseconds until what is held now may be sent; null: nothing is. */
export async function heldFor() {
  const held = (await all("outbox")).filter(isHeld)
  return held.length ? Math.max(...held.map(({ held_until: until = 0 }) => until)) - Date.now() + 50 : null
}
