// @ts-check
// Sending and fetching, loaded when it is first needed: a screen shows what the phone knows before that.

/** @typedef {Awaited<ReturnType<typeof import("../../service_worker/sync.js").sync>>} Told */

/** Text goes first, then voices; what becomes of those never holds anything up. @param {{eager?: boolean}} [how] @returns {Promise<Told>} */
export async function deliver(how) {
  const told = await (await import("../../service_worker/sync.js")).sync(how)
  if (!told.error) import("./voice_exchange.js").then(({ exchange }) => exchange(how)).catch(() => undefined)
  return told
}
