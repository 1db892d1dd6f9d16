const key = 'writ.reloaded'

/** The code or the styles of a page could not be loaded: after an upgrade the files of the old version are gone. */
export function isGone(message: string): boolean {
  return /dynamically imported module|module script failed|preload css/i.test(message)
}

/** Loads the page again, once per address and minute; false when that was done already and did not help. */
export function reloadOnce(): boolean {
  const address = window.location.pathname
  try {
    const last = JSON.parse(sessionStorage.getItem(key) ?? 'null') as { address: string; at: number } | null
    if (last && last.address === address && Date.now() - last.at < 60_000) return false
    sessionStorage.setItem(key, JSON.stringify({ address, at: Date.now() }))
  } catch {
    return false // not remembered: it could go round for ever
  }
  window.location.reload()
  return true
}

/** Whether the server has other code by now than this page was loaded with; false when it does not answer. */
export async function isNewVersion(): Promise<boolean> {
  const mine = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute('src')
  if (!mine) return false
  try {
    const response = await fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } })
    return response.ok && !(await response.text()).includes(mine)
  } catch {
    return false
  }
}
