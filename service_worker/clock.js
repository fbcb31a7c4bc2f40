// @ts-check
// The time. A phone whose clock is wrong is put right by what the server said at the last contact.

const BEARABLE_MS = 2 * 60_000
let offset = 0

/** Is a clock so far from the server's worth a word? @param {number} measured milliseconds */
export const isOff = (measured) => Math.abs(measured) > BEARABLE_MS

/**
 * Does the clock say less than the server said at the last contact? Then somebody has turned it back since.
 * @param {string|undefined} lastContact
 */
export const isClockBack = (lastContact) => now() + BEARABLE_MS < (Date.parse(lastContact ?? "") || 0)

/** Remember how far the server's clock is from this phone's. @param {number|undefined} measured milliseconds */
export const correctBy = (measured = 0) => { offset = isOff(measured) ? measured : 0 }

/** Whose word the time is, as the server keeps it with what was recorded. */
export const timeQuality = () => offset ? "corrected" : "device"

/** Now, in milliseconds, as the server would say. */
export const now = () => Date.now() + offset
