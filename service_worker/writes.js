// @ts-check
// What is being written on this page at this moment. A page is left only when it has ended (`static/js/leave_page.js`).

const LONGEST_WAIT_MS = 3_000

/** @type {Set<Promise<unknown>>} */
const underWay = new Set()

/** Note a write until it is durable, or has failed. @template T @param {Promise<T>} write @returns {Promise<T>} */
export function writing(write) {
  const ended = () => { underWay.delete(write) }
  underWay.add(write)
  write.then(ended, ended)
  return write
}

/** Is anything being written? */
export const isWriting = () => underWay.size > 0

/** When all that is being written now has ended; a store that does not answer holds nobody back for ever. */
export const written = () => Promise.race([
  Promise.allSettled(underWay),
  new Promise((resolve) => { setTimeout(resolve, LONGEST_WAIT_MS) }),
])
