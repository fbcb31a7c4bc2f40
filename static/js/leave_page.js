// @ts-check
// The one way to leave a page or to load it anew: when what it is writing has ended. A write that is cut off is lost, and one
// engine keeps the page with the open write in it, before which every other page of the app waits for ever.

import { isWriting, written } from "../../service_worker/writes.js"

/** Go to another page. @param {string} address */
export const goTo = async (address) => { await written(); location.assign(address) }

/** Go to another page that takes the place of this one on the way back. @param {string} address */
export const goToInstead = async (address) => { await written(); location.replace(address) }

/** Load this page anew. */
export const loadAnew = async () => { await written(); location.reload() }

/** Links wait too, on pages that call this. */
export const linksWait = () => document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.("a[href]")
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download") || !isWriting()) return
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  if (link.href.split("#")[0] === location.href.split("#")[0] && link.hash) return // the same page
  event.preventDefault()
  goTo(link.href)
})
