// @ts-check
// Sending and fetching, loaded when it is first needed: a screen shows what the phone knows before that.

import { fact } from "../../service_worker/store.js"

/** @typedef {Awaited<ReturnType<typeof import("../../service_worker/sync.js").sync>>} Told */

/**
 * Text goes first, then voices, then photos; what becomes of those never holds anything up.
 * @param {{eager?: boolean}} [how] @returns {Promise<Told>}
 */
export async function deliver(how) {
  const told = await (await import("../../service_worker/sync.js")).sync(how)
  if (!told.error) import("./voice_exchange.js").then(({ exchange }) => exchange(how)).catch(() => undefined)
  if (!told.error && (await fact("has_photos"))) import("../../service_worker/photos.js").then(({ sendPhotos }) => sendPhotos()).catch(() => undefined)
  return told
}
