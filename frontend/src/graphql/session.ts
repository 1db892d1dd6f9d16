import { setTimeZone } from '../lib/day'
import type { MeFragment } from './me.generated'
import { LoginDocument, LogoutDocument, RefreshDocument } from './me.generated'
import { print } from './print'
import { setServerTime } from '../lib/serverClock'

/** Where the sign-in stands: `unknown` until the refresh cookie was tried once. */
type SessionState = { status: 'unknown' | 'out' } | { status: 'in'; me: MeFragment }

/** A failed sign-in, with the sentence of the server. */
export class SignInError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** What a tab tells the others. */
type TabMessage = { status: 'in'; user: string } | { status: 'out' }

interface Grant {
  accessToken: string
  expiresAt: string
  me: MeFragment
}

/**
 * Session holds the access token in memory only; what survives a reload is the HttpOnly refresh cookie. The server takes
 * each cookie once, so refreshing is done by one caller at a time, over all tabs.
 */
export class Session {
  private token: string | null = null
  private state: SessionState = { status: 'unknown' }
  private pending: Promise<boolean> | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private renewAt = Infinity
  private listeners = new Set<() => void>()
  /** The other tabs of this browser; null where there is no such channel. */
  private tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('writ-session')

  constructor() {
    this.tabs?.addEventListener('message', (event: MessageEvent<TabMessage>) => this.follow(event.data))
  }

  getState = (): SessionState => this.state

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The token for a request made now; null when nobody is signed in. */
  getToken(): string | null {
    return this.token
  }

  /** True when the token is about to end, so that a request should wait for a new one. */
  isStale(): boolean {
    return this.token !== null && Date.now() >= this.renewAt
  }

  /** Tries the refresh cookie once; later calls answer at once. */
  async ensure(): Promise<SessionState> {
    if (this.state.status === 'unknown') await this.refresh()
    return this.state
  }

  /** Signs in; SignInError with the server's sentence when refused. */
  async login(username: string, password: string): Promise<void> {
    const answer = await post(print(LoginDocument), { input: { username, password } })
    const grant = (answer as { login: Grant }).login
    this.accept(grant)
    this.tabs?.postMessage({ status: 'in', user: grant.me.id })
  }

  /** Gets a new token for the cookie; false when the session is over. Concurrent callers share one request. */
  refresh(): Promise<boolean> {
    this.pending ??= this.renew().finally(() => {
      this.pending = null
    })
    return this.pending
  }

  async logout(): Promise<void> {
    try {
      await post(print(LogoutDocument), {}, this.token)
    } catch {
      // the session ends here in any case; the cookie dies by its own date
    }
    this.end()
    this.tabs?.postMessage({ status: 'out' })
  }

  /** Another tab signed in or out: the cookie is the same for all. */
  private follow(message: TabMessage) {
    if (message.status === 'out') this.end()
    else if (this.state.status !== 'in') void this.refresh()
    // What is loaded belongs to the person before: begin anew.
    else if (this.state.me.id !== message.user) window.location.reload()
  }

  private async renew(): Promise<boolean> {
    const run = async () => {
      const answer = await post(print(RefreshDocument), {})
      this.accept((answer as { refresh: Grant }).refresh)
    }
    try {
      if (typeof navigator !== 'undefined' && navigator.locks) await navigator.locks.request('writ-refresh', run)
      else await run()
      return true
    } catch (problem) {
      if (problem instanceof SignInError) {
        this.end()
        return false
      }
      // No connection: keep what we have, try again later.
      if (this.state.status === 'in') this.plan(5_000)
      else this.end()
      return false
    }
  }

  private accept(grant: Grant) {
    this.token = grant.accessToken
    setTimeZone(grant.me.timeZone)
    setServerTime(grant.me.serverTime)
    this.plan(lifetime(grant) * 0.8)
    this.change({ status: 'in', me: grant.me })
  }

  private plan(inMs: number) {
    clearTimeout(this.timer)
    this.renewAt = Date.now() + inMs
    this.timer = setTimeout(() => void this.refresh(), Math.min(inMs, 2 ** 31 - 1))
  }

  private end() {
    clearTimeout(this.timer)
    this.token = null
    this.renewAt = Infinity
    this.change({ status: 'out' })
  }

  private change(state: SessionState) {
    this.state = state
    for (const listener of this.listeners) listener()
  }
}

/** Lifetime in ms by the token's own dates: the clocks of server and browser need not agree. */
function lifetime(grant: Grant): number {
  try {
    const body = grant.accessToken.split('.')[1] ?? ''
    const claims = JSON.parse(atob(body.replace(/-/g, '+').replace(/_/g, '/'))) as { iat?: number; exp?: number }
    if (claims.iat && claims.exp && claims.exp > claims.iat) return (claims.exp - claims.iat) * 1000
  } catch {
    // not a token we can read: fall back to the date that came with it
  }
  return Math.max(5_000, Date.parse(grant.expiresAt) - Date.now())
}

async function post(query: string, variables: unknown, token?: string | null): Promise<unknown> {
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as {
    data?: unknown
    errors?: { message: string; extensions?: { code?: string } }[]
  }
  const error = body.errors?.[0]
  if (error) throw new SignInError(error.extensions?.code ?? 'INTERNAL', error.message)
  return body.data
}
