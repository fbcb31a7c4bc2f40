// @ts-check
// Sending and fetching, loaded when it is first needed: a screen shows what the phone knows before that.

/** @typedef {Awaited<ReturnType<typeof import("../../service_worker/sync.js").sync>>} Told */

/** @param {{eager?: boolean}} [how] @returns {Promise<Told>} */
export const deliver = async (how) => (await import("../../service_worker/sync.js")).sync(how)
