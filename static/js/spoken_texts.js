// @ts-check
// What a guide tells a citizen and somebody may say in their language: `domain/spoken_texts.py` lists the same in the
// same order.

/** @typedef {Record<string, any>} Row */
/** @typedef {{key: string, text: string, more?: string, picture?: string}} Spoken */

/** What a guide tells, nothing twice. @param {Row} pack the guide in Vietnamese @returns {Spoken[]} */
export function textsOf(pack) {
  const { slug, steps, teach_back } = pack
  /** @type {(key: string, said: Row, picture?: string, more?: Row) => Spoken} */
  const one = (key, said, picture, more) => ({ key, text: said.text, picture: picture && pack.pictures[picture], more: more?.text ?? "" })
  const remedies = (/** @type {string} */ key, /** @type {Row[]|undefined} */ some, /** @type {string} */ picture) =>
    (some ?? []).map((remedy, i) => one(`remedy.${key}.${i + 1}`, remedy.text, picture))
  const all = [
    ...steps.map((/** @type {any} */ s) => one(`step.${slug}.${s.key}`, s.action, s.picture, s.explanation)),
    one(`summary.${slug}`, pack.summary, pack.picture),
    ...(pack.situations ?? []).flatMap((/** @type {any} */ asked) => [
      one(`question.${slug}.${asked.key}`, asked.question),
      ...asked.options.map((/** @type {any} */ option) => one(`option.${slug}.${asked.key}.${option.key}`, option.label, option.picture)),
    ]),
    ...(pack.figures ?? []).map((/** @type {any} */ figure) => one(`figure.${slug}.${figure.key}`, figure.text)),
    ...pack.warnings.map((/** @type {any} */ warning, /** @type {number} */ i) => one(`warning.${slug}.${i + 1}`, warning.text)),
    ...(pack.prepare ?? []).map((/** @type {any} */ thing) => one(`prepare.${slug}.${thing.key}`, thing.text, thing.picture)),
    ...(teach_back ? [one(`teach-back.${slug}`, teach_back.ask)] : []),
    ...remedies(slug, pack.remedies, pack.picture),
    ...steps.flatMap((/** @type {any} */ s) => remedies(`${slug}.${s.key}`, s.remedies, s.picture)),
  ]
  return all.filter((text, i) => all.findIndex((other) => other.text === text.text && other.more === text.more) === i)
}
