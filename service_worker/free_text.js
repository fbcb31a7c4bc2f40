// @ts-check
// What may not be written into free text; the same rule as volunteer_app/domain/free_text.py
// (tests/test_shared_rules.py).

const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/g
const DATE = /(?<!\d)(?:(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)\d{2}|(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))(?!\d)/g
// Sums of money, read from their end: forwards every dot could begin one, and the text would be read for each anew.
const MONEY_BACKWARDS = /((?:đ|đnv|dnv) ?)(?:\d{3}\.)+\d{1,3}/gi
const CHAIN = /\d+(?:[ .\-\u2010-\u2015]{1,3}\d+)*/g

/** Is something in the text that looks like an ID card's number? @param {string} text */
export function hasIdNumber(text) {
  const dateless = text.normalize("NFKC").replace(INVISIBLE, "").replace(DATE, ";")
  const plain = backwards(backwards(dateless).replace(MONEY_BACKWARDS, "$1;"))
  return [...plain.matchAll(CHAIN)].some((chain) => {
    const groups = (chain[0].match(/\d+/g) ?? []).map((group) => group.length)
    if (groups.includes(12) || groups.includes(9)) return true
    if (chain.index && /\p{L}/u.test(plain[chain.index - 1])) return false // a dossier code
    const sum = (/** @type {number[]} */ list) => list.reduce((a, b) => a + b, 0)
    return neighboursMake(12, groups) || sum(groups) === 9
  })
}

/** @param {string} text */
const backwards = (text) => [...text].reverse().join("")

/** Do groups next to each other have so many digits together? @param {number} wanted @param {number[]} sizes */
function neighboursMake(wanted, sizes) {
  let [total, first] = [0, 0]
  return sizes.some((size) => {
    total += size
    while (total > wanted) total -= sizes[first++]
    return total === wanted
  })
}
