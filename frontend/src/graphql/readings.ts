import { makeOperation, type Client, type Exchange, type Operation, type OperationResult } from 'urql'
import { filter, makeSubject, map, merge, pipe, subscribe, take, tap, toPromise, type Source } from 'wonka'

/** So many readings of one query at a time; one more waits until one of them is answered. */
const together = 4

/** The readings of one query with the same variables. */
interface Thread {
  /** The numbers of those that are under way and can still tell something. */
  out: Set<number>
  /** Asked for while too many were under way: sent with the next answer. */
  waiting: Operation | null
  /** Nobody listens any more: ended in a moment, unless somebody does again. */
  leaving: ReturnType<typeof setTimeout> | undefined
}

/**
 * Readings keeps the answers to one query in the order in which they were asked for. Two readings may be under way at once, e.g. when two changes
 * come close together, and the older answer may come last: it is dropped, or it would stay on the page. What is asked for with `network-only` is
 * read after it was asked for: a reading that is under way may have seen the world before the change. And a reading is not given up because the
 * next one begins: where changes come faster than answers, the page would never be told.
 *
 * It has three places in the client: `asks` before the cache, `answers` right before the network (below the sign-in, which may hold requests back),
 * and `watch` around the client itself, which keeps equal questions from its exchanges. Different queries about the same thing are the cache's: it
 * lays answers over each other in the order of the questions.
 */
export class Readings {
  private threads = new Map<number, Thread>()
  private count = 0
  private seen = new WeakSet<Operation>()
  private more = makeSubject<Operation>()
  /** What components show at present. */
  private shown = new Map<number, Operation>()

  /** Makes `network-only` mean a reading that begins now, however many components ask the same. */
  watch(client: Client): Client {
    const execute = client.executeRequestOperation.bind(client)
    client.executeRequestOperation = ((operation: Operation) => {
      const source = execute(operation) as Source<OperationResult>
      if (operation.kind !== 'query' || operation.context.requestPolicy !== 'network-only') return source
      return withPromise((sink) => {
        source(sink)
        if (!this.seen.has(operation)) this.more.next(operation)
      })
    }) as typeof client.executeRequestOperation
    return client
  }

  /** Reads again what is shown. Pages of lists stay: they must not move under a hand. `withLists`: nothing is under a hand yet, and their first pages are read, too. */
  readAgain({ withLists = false } = {}) {
    for (const operation of [...this.shown.values()]) {
      const { after } = (operation.variables ?? {}) as { after?: string | null }
      if (after === undefined || (withLists && after === null))
        this.more.next(makeOperation('query', operation, { ...operation.context, requestPolicy: 'network-only' }))
    }
  }

  /** Stands before the cache. */
  asks: Exchange =
    ({ forward }) =>
    (operations) =>
      pipe(
        merge([operations, this.more.source]),
        tap((operation) => {
          this.seen.add(operation)
          if (operation.kind === 'query') this.shown.set(operation.key, operation)
          else if (operation.kind === 'teardown') this.shown.delete(operation.key)
        }),
        forward,
      )

  /** Stands before the network. */
  answers: Exchange =
    ({ forward }) =>
    (operations) => {
      const own = makeSubject<Operation>()
      const sent = pipe(
        operations,
        map((operation) => this.pass(operation, own.next)),
        filter((operation) => operation !== null),
      )
      return pipe(
        merge([sent, own.source]),
        forward,
        map((result) => this.take(result, own.next)),
        filter((result) => result !== null),
      )
    }

  /** What goes on to the network. */
  private pass(operation: Operation, send: (operation: Operation) => void): Operation | null {
    const thread = this.threads.get(operation.key)
    if (operation.kind === 'teardown' && thread) {
      // Who asks again leaves first: what is under way is still wanted then.
      thread.leaving ??= setTimeout(() => {
        this.threads.delete(operation.key)
        send(operation)
      })
      return null
    }
    if (operation.kind !== 'query') return operation
    if (!thread) return this.begin(operation)
    clearTimeout(thread.leaving)
    thread.leaving = undefined
    if (thread.out.size === 0) return this.begin(operation)
    if (operation.context.requestPolicy !== 'network-only') return null // the answer under way will do
    if (thread.out.size < together) return this.begin(operation)
    thread.waiting = operation
    return null
  }

  private begin(operation: Operation): Operation {
    const reading = ++this.count
    const thread = this.threads.get(operation.key)
    if (!thread) {
      this.threads.set(operation.key, { out: new Set([reading]), waiting: null, leaving: undefined })
    } else {
      thread.waiting = null
      thread.out.add(reading)
    }
    return makeOperation('query', operation, { ...operation.context, reading })
  }

  /** What goes up to the pages. */
  private take(result: OperationResult, send: (operation: Operation) => void): OperationResult | null {
    const { kind, key, context } = result.operation
    if (kind !== 'query') return result
    const reading = context.reading as number
    const thread = this.threads.get(key)
    if (!thread?.out.has(reading)) return null
    // Those before it cannot tell anything any more.
    for (const other of thread.out) if (other <= reading) thread.out.delete(other)
    if (thread.waiting) send(this.begin(thread.waiting))
    if (thread.out.size === 0) return result
    // A newer answer is on its way: this one stands until then, but a failure is not worth telling.
    return result.error ? null : { ...result, stale: true }
  }
}

/** A source as the client gives it out. */
function withPromise(source: Source<OperationResult>) {
  const promise = () =>
    pipe(
      source,
      filter((result) => !result.stale && !result.hasNext),
      take(1),
      toPromise,
    )
  return Object.assign((sink: Parameters<typeof source>[0]) => source(sink), {
    toPromise: promise,
    then: (...callbacks: Parameters<Promise<OperationResult>['then']>) => promise().then(...callbacks),
    subscribe: (listener: (result: OperationResult) => void) => pipe(source, subscribe(listener)),
  })
}
