// Many phones in one process, each with the app's own modules in a realm of its own, a clock, chance and a disk; the network
// is whoever drives this process. One line of JSON in, one line out: what the phones ask and answer once none of them has
// anything left to do by itself.

import { createInterface } from "node:readline"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import vm from "node:vm"
import { busy, counted, Disk } from "./store.mjs"

const app = process.argv[2]
const phones = new Map()
/** @type {object[]} */
let said = []
let asked = 0

const PRELUDE = `
const Real = Date
globalThis.Date = class Date extends Real {
  constructor(...parts) { parts.length ? super(...parts) : super(__clock()) }
  static now() { return __clock() }
}
Math.random = __chance
`

/** Chance by a seed (mulberry32). @param {number} seed */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

class Phone {
  constructor({ phone, seed, now }) {
    this.name = phone
    this.disk = new Disk()
    this.now = now
    this.chance = chance(seed)
    this.lives = 0
    this.begin()
  }

  /** A page of the app: modules anew, what was committed still there. */
  begin() {
    this.lives += 1
    const life = { number: this.lives, isOver: false, left: Infinity, committed: () => { if ((life.left -= 1) <= 0) this.end() } }
    this.life = life
    this.waiting = new Map()
    this.modules = new Map()
    const locks = new Map()
    const subtle = new Proxy(crypto.subtle, {
      get: (all, name) => (typeof all[name] === "function" ? (...words) => counted(all[name](...words)) : all[name]),
    })
    const page = {
      __clock: () => (this.now += 1),
      __chance: this.chance,
      CryptoKey, DOMException, TextEncoder, TextDecoder, URL, Response, Headers, Request, Blob, EventTarget, Event, AbortController, structuredClone, atob, btoa,
      console,
      queueMicrotask,
      AbortSignal: { timeout: () => new AbortController().signal },
      setTimeout: () => 0, // nothing happens by itself: whoever drives calls again
      clearTimeout: () => undefined,
      setInterval: () => 0,
      addEventListener: () => undefined,
      indexedDB: this.disk.factory(life, (text, name) => new DOMException(text, name)),
      crypto: {
        subtle,
        getRandomValues: (list) => { for (let i = 0; i < list.length; i++) list[i] = Math.floor(this.chance() * 256); return list },
        randomUUID: () => crypto.randomUUID(),
      },
      caches: { keys: async () => [], has: async () => false, match: async () => undefined, delete: async () => false, open: async () => ({ put: async () => undefined, keys: async () => [], match: async () => undefined, delete: async () => false }) },
      fetch: (address, how) => this.fetch(life, address, how),
      navigator: {
        onLine: true,
        locks: {
          request: (name, work) => {
            const before = locks.get(name) ?? Promise.resolve()
            const done = before.then(() => work({ name }))
            locks.set(name, done.catch(() => undefined))
            return done
          },
        },
      },
    }
    this.context = vm.createContext(page)
    page.globalThis = page.self = this.context
    vm.runInContext(PRELUDE, this.context)
  }

  /** The page is gone: nothing that it began goes on. */
  end() { this.life.isOver = true }

  fetch(life, address, { method = "GET", headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
      if (life.isOver) return
      const id = (asked += 1)
      this.waiting.set(id, (answer) => {
        if (life.isOver) return
        if (!answer) return reject(new TypeError("network"))
        resolve(new Response([204, 304].includes(answer.status) ? null : answer.body, { status: answer.status, headers: answer.headers }))
      })
      said.push({ phone: this.name, asks: id, method, address, headers: { ...headers }, body: body ?? null })
    })
  }

  async module(path) {
    let found = this.modules.get(path)
    if (!found) {
      found = new vm.SourceTextModule(readFileSync(path, "utf-8"), {
        context: this.context,
        identifier: path,
        importModuleDynamically: (name) => this.evaluated(resolve(dirname(path), name)),
      })
      this.modules.set(path, found)
    }
    return found
  }

  async evaluated(path) {
    const found = await this.module(path)
    if (found.status === "unlinked") await found.link((name, from) => this.module(resolve(dirname(from.identifier), name)))
    if (found.status === "linked") await found.evaluate()
    return found
  }

  /** Call what a module offers; its answer comes as an event, maybe after many others. */
  call({ call, module, work, words }) {
    const life = this.life
    const run = async () => (await this.evaluated(join(app, module))).namespace[work](...words)
    run().then(
      (answer) => life.isOver || said.push({ phone: this.name, call, answer: answer ?? null }),
      (error) => life.isOver || said.push({ phone: this.name, call, error: String(error?.message ?? error), stack: error?.stack }),
    )
  }

  rows(store) { return [...(this.disk.databases.get("tung-nha")?.stores.get(store)?.rows ?? new Map())].map(([key, row]) => [key, row]) }
}

/** Until nobody has anything left to do by itself. */
async function quiet() {
  for (let turns = 0; turns < 4; turns += 1) {
    await new Promise((done) => { setImmediate(done) })
    if (busy.count) turns = -1
  }
}

const DEEDS = {
  start: (one) => { phones.set(one.phone, new Phone(one)) },
  call: (one) => phones.get(one.phone).call(one),
  answer: (one) => {
    const phone = phones.get(one.phone)
    const waiting = phone.waiting.get(one.asks)
    phone.waiting.delete(one.asks)
    waiting?.(one.answer)
  },
  die: (one) => { // at once, or as soon as so many more commits are kept
    const phone = phones.get(one.phone)
    if (one.after) phone.life.left = one.after
    else phone.end()
  },
  begin: (one) => { const phone = phones.get(one.phone); phone.end(); phone.begin() },
  clock: (one) => { phones.get(one.phone).now += one.ms },
  rows: (one) => { said.push({ phone: one.phone, rows: phones.get(one.phone).rows(one.store) }) },
  alive: (one) => { said.push({ phone: one.phone, alive: !phones.get(one.phone).life.isOver }) },
}

process.on("unhandledRejection", () => undefined) // a page's own business; what matters is what it keeps
if (!existsSync(join(app, "service_worker", "store.js"))) throw new Error("no app there")

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line)
  DEEDS[one.do](one)
  await quiet()
  const events = said
  said = []
  process.stdout.write(`${JSON.stringify(events, (_, value) => (typeof value === "bigint" ? String(value) : value))}\n`)
}
