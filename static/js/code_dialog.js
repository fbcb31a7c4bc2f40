// @ts-check
// A code that another phone scans, with the same address to type; drawn on the phone, without a network.

import { drawQr } from "./qr.js"
import { fill, find } from "./screen.js"

/**
 * Draw the address as a code; one too long for a code that scans easily is only shown in letters.
 * @param {ParentNode} root @param {string} address
 */
export function drawCode(root, address) {
  const place = find("[data-code]", root)
  if (place.dataset.code === address) return
  place.dataset.code = address
  try {
    place.replaceChildren(drawQr(address.toUpperCase()))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    place.replaceChildren()
  }
  fill(root, { typed: address.toLowerCase().replace(/^https?:\/\//, "") })
}

/** Show it over the screen until it is closed. @param {HTMLDialogElement} dialog @param {string} address */
export function showCode(dialog, address) {
  drawCode(dialog, address)
  dialog.showModal()
}
