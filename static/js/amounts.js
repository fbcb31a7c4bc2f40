// @ts-check
// Bytes and times in the page's language, rounded as people say them.

import { language } from "./screen.js"

/** @param {number} amount @param {string} unit @param {number} [digits] */
const said = (amount, unit, digits = 2) =>
  amount.toLocaleString(language, { style: "unit", unit, unitDisplay: unit.endsWith("byte") ? "short" : "long", maximumSignificantDigits: digits })

/** @param {number} bytes */
export const size = (bytes) => {
  const unit = bytes < 1e6 ? "kilobyte" : bytes < 1e9 ? "megabyte" : "gigabyte"
  return said(bytes / { kilobyte: 1e3, megabyte: 1e6, gigabyte: 1e9 }[unit], unit)
}

/** @param {number} ms */
export const duration = (ms) => {
  /** @type {[string, number][]} */
  const units = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]]
  const [unit, one] = units.find(([, length]) => ms >= length) ?? ["second", 1000]
  return said(Math.max(1, Math.round(ms / one)), unit, 3)
}
