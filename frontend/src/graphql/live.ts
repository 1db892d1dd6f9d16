import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from 'react'
import type { Client } from 'urql'
import { heardFromServer } from '../lib/serverClock'
import type { SocketStatus } from './socketStatus'
import {
  CountersChangedDocument,
  CountersDocument,
  JobsChangedDocument,
  OrderChangedDocument,
  ReconciliationChangedDocument,
  ReconciliationNumbersDocument,
  RequestNumbersDocument,
  RequestsChangedDocument,
  type CountersFragment,
  type JobsChangedSubscription,
  type OrderChangedSubscription,
  type ReconciliationCountersFragment,
} from './live.generated'

export type OrderChange = OrderChangedSubscription['orderChanged']
type JobsChange = JobsChangedSubscription['jobsChanged']

/** What waits for the person; `reconciliation` is null for who may not reconcile, `toApprove` for who does not approve. */
export type LiveCounters = CountersFragment & {
  reconciliation: ReconciliationCountersFragment | null
  toApprove: number | null
}

/** What of it concerns the person: the rest is not listened to. */
interface Concerns {
  reconciliation: boolean
  requests: boolean
  approvals: boolean
}

/** What is to be reconciled is counted at most so often. */
const countEvery = 1_000

/**
 * Live opens the few subscriptions of the whole application once and hands them out: the counters as a value, changes of
 * orders and jobs in small batches. Rows themselves follow by the normalised cache.
 */
export class Live {
  private counted: CountersFragment | null = null
  private reconciliation: ReconciliationCountersFragment | null = null
  private toApprove: number | null = null
  private counters: LiveCounters | null = null
  private requestListeners = new Set<() => void>()
  private reconciliationListeners = new Set<() => void>()
  private counterListeners = new Set<() => void>()
  private orderListeners = new Set<(changes: OrderChange[]) => void>()
  private jobListeners = new Set<(changes: JobsChange[]) => void>()
  private beginListeners = new Set<() => void>()
  private hasBegun = false
  private orders: OrderChange[] = []
  private jobs: JobsChange[] = []
  private timer: ReturnType<typeof setTimeout> | undefined

  /** Starts listening to what concerns the person; the returned function stops it. */
  start(client: Client, status: SocketStatus, concerns: Concerns): () => void {
    const mayReconcile = concerns.reconciliation
    let told = false
    let asking: ReturnType<typeof setTimeout> | undefined
    const countRequests = () => {
      if (!concerns.approvals) return
      void client
        .query(RequestNumbersDocument, {}, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data }) => {
          if (!data) return
          this.toApprove = data.toDecide.totalCount
          this.publish()
        })
    }
    const requests = () => {
      asking ??= setTimeout(() => {
        asking = undefined
        countRequests()
      }, countEvery)
      for (const listener of this.requestListeners) listener()
    }
    let counting: ReturnType<typeof setTimeout> | undefined
    const count = () => {
      if (!mayReconcile) return
      counting ??= setTimeout(() => {
        counting = undefined
        void client
          .query(ReconciliationNumbersDocument, {}, { requestPolicy: 'network-only' })
          .toPromise()
          .then(({ data }) => {
            if (!data) return
            this.reconciliation = data.counters.reconciliation
            this.publish()
          })
      }, countEvery)
    }
    const reconcile = () => {
      count()
      for (const listener of this.reconciliationListeners) listener()
    }
    const query = client.query(CountersDocument, {}, { requestPolicy: 'network-only' }).subscribe(({ data }) => {
      // What was told meanwhile is newer than an answer that was longer on its way.
      if (data && !told) this.setCounters(data.counters)
    })
    const stops = [
      query,
      {
        unsubscribe: status.onReturn(() => {
          told = false
          for (const listener of this.jobListeners) listener([])
          if (mayReconcile) reconcile()
          if (concerns.requests) requests()
        }),
      },
      ...(concerns.requests
        ? [
            client.subscription(RequestsChangedDocument, {}).subscribe(({ data }) => {
              if (data) requests()
            }),
          ]
        : []),
      ...(mayReconcile
        ? [
            client.query(ReconciliationNumbersDocument, {}, { requestPolicy: 'network-only' }).subscribe(({ data }) => {
              if (!data) return
              this.reconciliation = data.counters.reconciliation
              this.publish()
            }),
            client.subscription(ReconciliationChangedDocument, {}).subscribe(({ data }) => {
              if (data) reconcile()
            }),
          ]
        : []),
      client.subscription(OrderChangedDocument, {}).subscribe(({ data }) => {
        if (data) {
          heardFromServer(data.orderChanged.at)
          this.orders.push(data.orderChanged)
        }
        this.schedule()
      }),
      client.subscription(JobsChangedDocument, {}).subscribe(({ data }) => {
        if (data) this.jobs.push(data.jobsChanged)
        this.schedule()
      }),
      // Last: the server says these numbers at once, and has heard of the others then.
      client.subscription(CountersChangedDocument, {}).subscribe(({ data }) => {
        if (!data) return
        told = true
        this.begin()
        this.setCounters(data.countersChanged)
        // An order that is done may have taken away what was to be reconciled.
        count()
      }),
    ]
    countRequests()
    return () => {
      clearTimeout(this.timer)
      clearTimeout(counting)
      clearTimeout(asking)
      this.timer = undefined
      for (const stop of stops) stop.unsubscribe()
    }
  }

  getCounters = (): LiveCounters | null => this.counters

  onCounters = (listener: () => void): (() => void) => {
    this.counterListeners.add(listener)
    return () => this.counterListeners.delete(listener)
  }

  onOrders(listener: (changes: OrderChange[]) => void): () => void {
    this.orderListeners.add(listener)
    return () => this.orderListeners.delete(listener)
  }

  onJobs(listener: (changes: JobsChange[]) => void): () => void {
    this.jobListeners.add(listener)
    return () => this.jobListeners.delete(listener)
  }

  onReconciliation(listener: () => void): () => void {
    this.reconciliationListeners.add(listener)
    return () => this.reconciliationListeners.delete(listener)
  }

  /** Calls back once, when the server tells what happens from then on: what was read before may have changed unheard. */
  onBegin(listener: () => void): () => void {
    this.beginListeners.add(listener)
    return () => this.beginListeners.delete(listener)
  }

  private begin() {
    if (this.hasBegun) return
    this.hasBegun = true
    for (const listener of this.beginListeners) listener()
  }

  onRequests(listener: () => void): () => void {
    this.requestListeners.add(listener)
    return () => this.requestListeners.delete(listener)
  }

  private setCounters(counters: CountersFragment) {
    this.counted = counters
    this.publish()
  }

  private publish() {
    this.counters = this.counted && {
      ...this.counted,
      reconciliation: this.reconciliation,
      toApprove: this.toApprove,
    }
    for (const listener of this.counterListeners) listener()
  }

  private schedule() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      const { orders, jobs } = this
      this.orders = []
      this.jobs = []
      if (orders.length) for (const listener of this.orderListeners) listener(orders)
      if (jobs.length) for (const listener of this.jobListeners) listener(jobs)
    }, 250)
  }
}

export const LiveContext = createContext(new Live())

/** The numbers of the home page and the navigation; null until they are here. */
export function useCounters(): LiveCounters | null {
  const live = useContext(LiveContext)
  return useSyncExternalStore(live.onCounters, live.getCounters)
}

/** Calls back with every batch of order changes. */
export function useOrderChanges(listener: (changes: OrderChange[]) => void) {
  const live = useContext(LiveContext)
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => live.onOrders((changes) => latest.current(changes)), [live])
}

/** Calls back with every batch of job changes; an empty one when some may have been missed. */
export function useJobChanges(listener: (changes: JobsChange[]) => void) {
  const live = useContext(LiveContext)
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => live.onJobs((changes) => latest.current(changes)), [live])
}

/** Calls back when differences, decisions or bulk decisions changed. */
export function useReconciliationChanges(listener: () => void) {
  const live = useContext(LiveContext)
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => live.onReconciliation(() => latest.current()), [live])
}

/** Calls back when requests, or items of them, changed. */
export function useRequestChanges(listener: () => void) {
  const live = useContext(LiveContext)
  const latest = useRef(listener)
  useEffect(() => {
    latest.current = listener
  })
  useEffect(() => live.onRequests(() => latest.current()), [live])
}
