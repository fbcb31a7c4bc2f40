// @ts-check
// What may not be written into free text; the same rule as volunteer_app/domain/free_text.py (tests/golden/free_text.json).

const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g
const DATE = /(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d{2}|(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?!\d)/g
const MONEY = /\d{1,3}(?:\.\d{3})+(?= ?(?:đ|vnđ|vnd))/gi
const CHAIN = /\d+(?:[ .\-\u2010-\u2015]{1,3}\d+)*/g

/** Is something in the text that looks like an ID card's number? @param {string} text */
export function hasIdNumber(text) {
  const plain = text.normalize("NFKC").replace(INVISIBLE, "").replace(DATE, ";").replace(MONEY, ";")
  return [...plain.matchAll(CHAIN)].some((chain) => {
    const groups = (chain[0].match(/\d+/g) ?? []).map((group) => group.length)
    if (groups.includes(12) || groups.includes(9)) return true
    if (chain.index && /\p{L}/u.test(plain[chain.index - 1])) return false // a dossier code
    const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0)
    const runs = groups.flatMap((_, i) => groups.slice(i).map((_, j) => sum(groups.slice(i, i + j + 1))))
    return runs.includes(12) || sum(groups) === 9
  })
}
