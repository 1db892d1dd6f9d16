import { beforeEach, describe, expect, it, vi } from 'vitest'
import { isGone, isNewVersion, isServed, MissingCode, orMissing, reloadOnce } from './freshCode'

describe('freshCode', () => {
  const reload = vi.fn()
  beforeEach(() => {
    sessionStorage.clear()
    reload.mockReset()
    vi.stubGlobal('location', { pathname: '/orders', reload })
    document.head.innerHTML = '<script type="module" src="/assets/index-old.js"></script>'
  })

  it('knows what browsers say when a file is gone', () => {
    expect(isGone('Failed to fetch dynamically imported module: http://x/assets/a.js')).toBe(true)
    expect(isGone('Importing a module script failed.')).toBe(true)
    expect(isGone('Unable to preload CSS for /assets/Page-1.css')).toBe(true)
    expect(isGone('x is not a function')).toBe(false)
  })

  it('says that code did not come in words of its own, and leaves faults of code as they are', async () => {
    const gone = orMissing(() => Promise.reject(new TypeError('Failed to fetch dynamically imported module: x')))
    await expect(gone).rejects.toBeInstanceOf(MissingCode)
    await expect(gone).rejects.not.toThrow(/dynamically/)
    await expect(orMissing(() => Promise.reject(new Error('x is not defined')))).rejects.toThrow('x is not defined')
    expect(await orMissing(() => Promise.resolve(1))).toBe(1)
  })

  it('knows whether there would be a page', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>')))
    expect(await isServed()).toBe(true)
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('bad gateway', { status: 502 })))
    expect(await isServed()).toBe(false)
    vi.stubGlobal('fetch', () => Promise.reject(new Error('offline')))
    expect(await isServed()).toBe(false)
  })

  it('loads the page again once, not for ever', () => {
    expect(reloadOnce()).toBe(true)
    expect(reloadOnce()).toBe(false)
    expect(reload).toHaveBeenCalledTimes(1)
  })

  it('sees a new version by the name of its code', async () => {
    const serve = (html: string) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(html)))
    serve('<script type="module" src="/assets/index-old.js"></script>')
    expect(await isNewVersion()).toBe(false)
    serve('<script type="module" src="/assets/index-new.js"></script>')
    expect(await isNewVersion()).toBe(true)
    vi.stubGlobal('fetch', () => Promise.reject(new Error('offline')))
    expect(await isNewVersion()).toBe(false)
  })
})
