// @ts-check
// Names as people type and search them; the same rule as volunteer_app/domain/names.py (tests/golden/folded.json).

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

/**
 * A test for many texts: squeezed text → found? @param {string} query
 * @returns {(squeezedText: string) => boolean}
 */
export function finder(query) {
  const plain = squeezed(query)
  const untyped = withoutTelex(query).replaceAll(" ", "")
  return (text) => text.includes(plain) || (untyped !== "" && text.includes(untyped))
}

/** First letters of the words, numbers whole: "Bản Ho 1" → "BH1". @param {string} name */
export const initials = (name) =>
  folded(name).split(" ").map((word) => (/^\d+$/.test(word) ? word : word[0] ?? "")).join("").toUpperCase()
