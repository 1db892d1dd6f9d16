import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { me } from '../test/factories'
import { Session } from './session'

const token = (life: number) => `x.${btoa(JSON.stringify({ iat: 1000, exp: 1000 + life }))}.y`
const grant = (life = 900) => ({ accessToken: token(life), expiresAt: '2026-01-01T00:00:00Z', me: me() })
const answer = (body: unknown) => Promise.resolve({ json: () => Promise.resolve(body) } as Response)

describe('Session', () => {
  const fetchMock = vi.fn<typeof fetch>()
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('fetch', fetchMock)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    fetchMock.mockReset()
  })

  it('asks once for callers at the same time: the server takes a cookie only once', async () => {
    fetchMock.mockImplementation(() => answer({ data: { refresh: grant() } }))
    const session = new Session()
    await Promise.all([session.refresh(), session.refresh(), session.ensure()])
    expect(fetchMock).toHaveBeenCalledTimes(1)
    expect(session.getState().status).toBe('in')
  })

  it('is out when the cookie is refused', async () => {
    fetchMock.mockImplementation(() =>
      answer({ errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] }),
    )
    const session = new Session()
    expect((await session.ensure()).status).toBe('out')
    expect(session.getToken()).toBeNull()
  })

  it('renews before the end, by the dates of the token itself', async () => {
    fetchMock.mockImplementation(() => answer({ data: { refresh: grant(100) } }))
    const session = new Session()
    await session.refresh()
    await vi.advanceTimersByTimeAsync(79_000)
    expect(fetchMock).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(fetchMock).toHaveBeenCalledTimes(2)
  })

  it('stays signed in when the server is away for a moment', async () => {
    fetchMock.mockImplementationOnce(() => answer({ data: { refresh: grant() } }))
    const session = new Session()
    await session.refresh()
    fetchMock.mockImplementation(() => Promise.reject(new TypeError('network')))
    expect(await session.refresh()).toBe(false)
    expect(session.getState().status).toBe('in')
  })

  it('says what the server says when a sign-in is refused', async () => {
    fetchMock.mockImplementation(() => answer({ errors: [{ message: 'Name or password is wrong.' }] }))
    await expect(new Session().login('ann', 'x')).rejects.toThrow('Name or password is wrong.')
  })

  it('follows when another tab signs in, and when it signs out', async () => {
    vi.useRealTimers()
    fetchMock.mockImplementation(() =>
      answer({ errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] }),
    )
    const [here, there] = [new Session(), new Session()]
    await here.ensure()
    expect(here.getState().status).toBe('out')
    fetchMock.mockImplementation((_, init) =>
      answer({
        data: String(init?.body).includes('mutation Login') ? { login: grant() } : { refresh: grant(), logout: true },
      }),
    )
    await there.login('ann', 'secret')
    await vi.waitFor(() => expect(here.getState().status).toBe('in'))
    await there.logout()
    await vi.waitFor(() => expect(here.getState().status).toBe('out'))
  })
})
