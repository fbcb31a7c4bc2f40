// @ts-check
// Households that nobody needs on this phone any more leave it by themselves: those that moved away or declined long
// ago,
// and those of a hamlet whose days have long ended; the second also without a network. What is unsent or begun keeps
// them.

import { coreOf, isIndependent, levelsByService, localDay } from "./rules.js"
import { PARTS } from "./pack.js"
import { answer, PACK_STORES, transaction } from "./store.js"

/** Let go of what is closed; once for each day and each new pack. */
export const letGo = () => transaction([...PACK_STORES, "drafts", "outbox", "facts"], "readwrite", async (s) => {
  const names = ["clock_offset", "closed_stays_days", "pack_mark", "as_of", "let_go"]
  const [offset, days, mark, asOf, before] = await Promise.all(names.map((name) => answer(s.facts.get(name))))
  const today = localDay(Date.now() + (offset ?? 0))
  const look = `${today} ${mark}`
  if (!days || before?.look === look) return
  const hamlets = new Map((await answer(s.hamlets.getAll())).map((/** @type {any} */ h) => [h.id, { ...h, closed: h.closed ?? [] }]))
  const isClosed = new Set([...hamlets.values()].flatMap((h) => h.closed.map((/** @type {any} */ one) => one.id)))
  const own = before?.as_of === asOf ? before.own : await mendOwn(s, before?.own ?? [], hamlets, isClosed)
  const leaving = (await answer(s.households.getAll())).filter((/** @type {any} */ { id, hamlet_id, leaves_on }) =>
    isClosed.has(id) || (leaves_on && leaves_on <= today) || isOver(hamlets.get(hamlet_id), days, today))
  const open = leaving.length ? await begun(s, today) : ""
  const core = leaving.length ? coreOf(await answer(s.facts.get("services"))) : []
  for (const { id, hamlet_id, is_met, last_visit_at } of leaving) {
    const seen = await answer(s.observations.index("household_id").getAll(id))
    if (!(await remove(s, id, open)) || isClosed.has(id)) continue
    const hamlet = hamlets.get(hamlet_id)
    // figures of the hamlet count it still
    hamlet?.closed.push({ id, is_met, is_independent: isIndependent(levelsByService(seen), core), last_visit_on: last_visit_at && localDay(last_visit_at) })
    if (hamlet) s.hamlets.put(hamlet)
    own.push({ id, hamlet_id })
    s.facts.put(null, "pack_mark") // the server shall say what it thinks of it
  }
  s.facts.put({ look, as_of: asOf, own }, "let_go")
})

/** Did the days in this hamlet end that long ago? @param {any} hamlet @param {number} days @param {string} today */
const isOver = (hamlet, days, today) =>
  Boolean(hamlet?.assignment) && localDay(Date.parse(hamlet.assignment.last_day) + days * 86_400_000) < today

/** What this phone let go by its own calendar, and the server did not mean (a wrong clock, days that were prolonged), is fetched again.
 * @param {any} s @param {any[]} own @param {Map<string, any>} hamlets @param {Set<string>} isClosed */
async function mendOwn(s, own, hamlets, isClosed) {
  for (const { id, hamlet_id } of own) {
    if (!hamlets.has(hamlet_id) || isClosed.has(id) || (await answer(s.households.getKey(id)))) continue
    s.facts.put({}, "cursors")
    s.facts.put(null, "pack_mark")
  }
  return []
}

/**
 * Everything that waits to be sent or was begun, as one text to look for ids in.
 * @param {any} s @param {string} today
 */
async function begun(s, today) {
  const items = (await answer(s.outbox.getAll())).filter((/** @type {any} */ item) => item.state !== "received")
  const keys = []
  for (const key of await answer(s.drafts.getAllKeys())) {
    const { day } = (await answer(s.drafts.get(key))) ?? {}
    if (!day || day === today) keys.push(key) // what carries a day was remembered for that day only
  }
  return [...items.map((/** @type {any} */ { id, body }) => id + JSON.stringify(body ?? "")), ...keys].join()
}

/**
 * False: something of this household waits or was begun, so it stays.
 * @param {any} s @param {string} id @param {string} open
 */
async function remove(s, id, open) {
  const rows = []
  for (const name of PARTS) for (const key of await answer(s[name].index("household_id").getAllKeys(id))) rows.push({ name, key })
  if (open.includes(id) || rows.some(({ key }) => open.includes(key))) return false
  for (const { name, key } of rows) s[name].delete(key)
  s.households.delete(id)
  for (const key of await answer(s.drafts.getAllKeys())) {
    if (key.includes(id) || (await answer(s.drafts.get(key)))?.address?.includes(id)) s.drafts.delete(key)
  }
  return true
}
