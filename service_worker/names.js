// @ts-check
// Names as people type and search them; the same rule as volunteer_app/domain/names.py (tests/test_shared_rules.py).

import { NO_NAMES } from "./shared.js"

/** No tone marks, case or punctuation, đ as d, one space between words. @param {string} text */
export function folded(text) {
  const letters = text.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "").replace(/[đð]/g, "d")
  return (letters.match(/[\p{L}\p{N}]+/gu) ?? []).join(" ")
}

/** "khaisinh" finds "khai sinh". @param {string} text */
export const squeezed = (text) => folded(text).replaceAll(" ", "")

/** The folded text without the keys that Telex leaves behind. @param {string} text */
const withoutTelex = (text) => folded(text)
  .replace(/[fjwz]/g, "")
  .replace(/([aeiouy])[srx]/g, "$1")
  .replace(/[srx]\b/g, "")
  .replace(/dd/g, "d")
  .replace(/([aeo])\1/g, "$1")

/** A word as VNI is typed: letters with a vowel, at most one digit for a tone. "lt12" is a house code. @param {string} word */
const isVni = (word) =>
  /^[a-z][a-z1-9]*[1-9][a-z1-9]*$/.test(word) && /[aeiouy]/.test(word) && word.replace(/[^1-5]/g, "").length < 2

/** The folded text without the keys that VNI leaves behind. @param {string} text */
const withoutVni = (text) =>
  folded(text).split(" ").map((word) => (isVni(word) ? word.replace(/[1-9]/g, "") : word)).join(" ")

/** Lí is Lý, and a house code needs no zeros in front: "lt12" is LT-012. @param {string} squeezedText */
const loosened = (squeezedText) =>
  squeezedText.replace(/([bcdghklmnpqrstvx])y/g, "$1i").replace(/(^|[^0-9])0+(?=[0-9]|$)/g, "$1")

/**
 * A test for many texts: squeezed text → found? @param {string} query
 * @returns {(squeezedText: string) => boolean}
 */
export function finder(query) {
  const typed = [folded, withoutTelex, withoutVni].map((read) => loosened(read(query).replaceAll(" ", "")))
  const wanted = typed.filter((one, i) => one !== "" || i === 0)
  return (text) => {
    const loose = loosened(text)
    return wanted.some((one) => loose.includes(one))
  }
}

/**
 * The words of a name that tell people apart: all but Văn and Thị.
 * The last one is the given name. @param {string} name */
function telling(name) {
  const words = folded(name).split(" ").filter(Boolean)
  return words.filter((word, i) => i === words.length - 1 || !NO_NAMES.includes(word))
}

/**
 * Could two names be one person's? The given name is the same, and the surname where both have one.
 * @param {string} one @param {string} other
 */
export function lookAlike(one, other) {
  const [words, others] = [telling(one), telling(other)]
  if (!words.length || !others.length || words.at(-1) !== others.at(-1)) return false
  return Math.min(words.length, others.length) === 1 || words[0] === others[0]
}

/** First letters of the words, numbers whole: "Bản Ho 1" → "BH1". @param {string} name */
export const initials = (name) =>
  folded(name).split(" ").map((word) => (/^\p{Nd}+$/u.test(word) ? word : [...word][0] ?? "")).join("").toUpperCase()
