// An IndexedDB in memory, as much of it as the phone's modules use. What a life of the phone has committed outlives it;
// what it had only begun does not. One transaction at a time, each kept whole or not at all.

const TURN = () => new Promise((done) => { setImmediate(done) })

/** How much is under way, so that one can wait until a phone has nothing left to do by itself. */
export const busy = { count: 0 }

/** @template T @param {Promise<T>} work @returns {Promise<T>} */
export function counted(work) {
  busy.count += 1
  return work.finally(() => { busy.count -= 1 })
}

const inOrder = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const copied = (value) => {
  try { return structuredClone(value) } catch { return value } // a key that may not leave is kept as it is
}

/** The disk of one phone: databases by name, each with its stores. */
export class Disk {
  constructor() {
    this.databases = new Map()
  }

  /** @param {{isOver: boolean, committed: () => void}} life @param {(error: string, name: string) => Error} failure */
  factory(life, failure) {
    const disk = this
    return {
      open(name, version) {
        const request = { result: undefined, error: null }
        counted(TURN().then(() => {
          if (life.isOver) return
          let kept = disk.databases.get(name)
          const isNew = !kept || kept.version < version
          if (!kept) disk.databases.set(name, kept = { version: 0, stores: new Map(), last: Promise.resolve() })
          request.result = new Database(kept, life, failure)
          if (isNew) { kept.version = version; request.onupgradeneeded?.({ target: request }) }
          request.onsuccess?.({ target: request })
        }))
        return request
      },
      deleteDatabase(name) {
        disk.databases.delete(name)
        const request = {}
        counted(TURN().then(() => request.onsuccess?.({ target: request })))
        return request
      },
    }
  }
}

class Database {
  constructor(kept, life, failure) {
    Object.assign(this, { kept, life, failure, isClosed: false })
    this.objectStoreNames = { contains: (name) => kept.stores.has(name) }
  }

  createObjectStore(name, { keyPath } = {}) {
    const store = { keyPath, indexes: new Map(), rows: new Map() }
    this.kept.stores.set(name, store)
    return { createIndex: (index, path) => store.indexes.set(index, path) }
  }

  transaction(names, mode) {
    if (this.isClosed) throw this.failure("closed", "InvalidStateError")
    return new Transaction(this, [names].flat(), mode)
  }

  close() { this.isClosed = true }
}

class Transaction {
  constructor(database, names, mode) {
    Object.assign(this, { database, mode, error: null, state: "waits", waiting: [], undo: [] })
    for (const name of names) if (!database.kept.stores.has(name)) throw database.failure(name, "NotFoundError")
    const { kept } = database
    const before = kept.last
    kept.last = counted(before.then(() => this.run()))
  }

  objectStore(name) { return new Store(this, this.database.kept.stores.get(name)) }

  async run() {
    const { life } = this.database
    if (this.state === "waits") this.state = "runs"
    for (let quiet = 0; quiet < 2 && this.state === "runs" && !life.isOver;) {
      const next = this.waiting.shift()
      if (!next) {
        quiet += this.isAsked ? 2 : 1
        await TURN()
        continue
      }
      quiet = 0
      next()
      await TURN()
    }
    if (this.state === "aborted" || life.isOver) {
      for (const back of this.undo.reverse()) back()
      if (!life.isOver) this.onabort?.({ target: this })
      return
    }
    this.state = "over"
    if (this.mode === "readwrite") life.committed()
    if (life.isOver) return
    this.oncomplete?.({ target: this })
  }

  ask(work) {
    if (this.state === "over" || this.state === "aborted") throw this.database.failure("it is over", "TransactionInactiveError")
    const request = { result: undefined, error: null }
    this.waiting.push(() => {
      request.result = work()
      request.onsuccess?.({ target: request })
    })
    return request
  }

  commit() { this.isAsked = true }

  abort() {
    if (this.state === "over" || this.state === "aborted") throw this.database.failure("it is over", "InvalidStateError")
    this.state = "aborted"
  }
}

class Store {
  constructor(transaction, kept) { Object.assign(this, { transaction, kept }) }

  put(value, key) {
    const { rows, keyPath } = this.kept
    const own = copied(value)
    const at = keyPath ? own[keyPath] : key
    if (at === undefined || at === null) throw this.transaction.database.failure("no key", "DataError")
    return this.change(at, () => rows.set(at, own))
  }

  delete(key) { return this.change(key, () => this.kept.rows.delete(key)) }

  change(key, work) {
    const { rows } = this.kept
    return this.transaction.ask(() => {
      const [had, before] = [rows.has(key), rows.get(key)]
      this.transaction.undo.push(() => (had ? rows.set(key, before) : rows.delete(key)))
      work()
      return key
    })
  }

  clear() {
    const { rows } = this.kept
    return this.transaction.ask(() => {
      const before = [...rows]
      this.transaction.undo.push(() => { rows.clear(); for (const [key, value] of before) rows.set(key, value) })
      rows.clear()
    })
  }

  get(key) { return this.transaction.ask(() => copied(this.kept.rows.get(key))) }
  getKey(key) { return this.transaction.ask(() => (this.kept.rows.has(key) ? key : undefined)) }
  getAll() { return this.transaction.ask(() => this.found().map(([, row]) => copied(row))) }
  getAllKeys() { return this.transaction.ask(() => this.found().map(([key]) => key)) }
  count() { return this.transaction.ask(() => this.kept.rows.size) }

  index(name) {
    const path = this.kept.indexes.get(name)
    const having = (value) => this.found().filter(([, row]) => row[path] === value)
    return {
      getAll: (value) => this.transaction.ask(() => having(value).map(([, row]) => copied(row))),
      getAllKeys: (value) => this.transaction.ask(() => having(value).map(([key]) => key)),
      count: (value) => this.transaction.ask(() => having(value).length),
    }
  }

  found() { return [...this.kept.rows].sort(([a], [b]) => inOrder(a, b)) }
}
