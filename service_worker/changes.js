// @ts-check
// Tells every open screen that the phone's store or the outbox has changed.

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("tung-nha") : null
const here = new EventTarget()

/** Something has changed. */
export function announce() {
  here.dispatchEvent(new Event("change"))
  channel?.postMessage("change")
}

/** @param {() => void} callback */
export function onChange(callback) {
  here.addEventListener("change", callback)
  channel?.addEventListener("message", callback)
}
