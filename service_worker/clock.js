// @ts-check
// The time. A phone whose clock is wrong is put right by what the server said at the last contact.

const BEARABLE_MS = 2 * 60_000
let offset = 0

/** Remember how far the server's clock is from this phone's. @param {number|undefined} measured milliseconds */
export const correctBy = (measured = 0) => { offset = Math.abs(measured) > BEARABLE_MS ? measured : 0 }

/** Now, in milliseconds, as the server would say. */
export const now = () => Date.now() + offset
