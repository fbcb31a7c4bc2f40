// @ts-check
// Room on a full phone: ballast that is thrown first, then recorded voices, never what was entered.

const BALLAST = "ballast"
const BALLAST_BYTES = 2_000_000
/** Caches that can be fetched again, least needed first. */
const DROPPABLE = [BALLAST, "guide-audio"]

/** Keep two megabytes in reserve, once there is room for them. */
export async function keepBallast() {
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  if (quota - usage < 2 * BALLAST_BYTES || (await caches.has(BALLAST))) return
  const cache = await caches.open(BALLAST)
  await cache.put("/ballast", new Response(new Uint8Array(BALLAST_BYTES))).catch(() => caches.delete(BALLAST))
}

/** Throw what can be fetched again, so that an entry can still be saved. */
export async function makeRoom() {
  for (const name of DROPPABLE) await caches.delete(name)
}

/** Ask the browser not to clear this app's storage; it answers by its own rules. */
export async function askToStay() {
  if ((await navigator.storage?.persisted?.()) === false) await navigator.storage.persist()
}
