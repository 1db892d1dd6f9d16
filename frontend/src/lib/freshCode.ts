const key = 'writ.reloaded'

/** The code or the styles of a part could not be loaded: after an upgrade the files of the old version are gone, or the server is away. */
export class MissingCode extends Error {}

/** Loads code; MissingCode when it does not come, any other error when it has a fault of its own. */
export async function orMissing<Code>(load: () => Promise<Code>): Promise<Code> {
  try {
    return await load()
  } catch (reason) {
    const message = reason instanceof Error ? reason.message : String(reason)
    // The words of the browser must not go on: the router would load the page again for them, also when nothing answers.
    if (isGone(message)) throw new MissingCode('The code of this part did not come.', { cause: reason })
    throw reason
  }
}

/** Knows by the words of browsers and bundler that a file did not come. */
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

/** The first page of the server as it is now; null when it does not answer. */
async function frontPage(): Promise<string | null> {
  try {
    const response = await fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } })
    return response.ok ? await response.text() : null
  } catch {
    return null
  }
}

/** Whether there would be a page if this one was loaded again. */
export async function isServed(): Promise<boolean> {
  return (await frontPage()) !== null
}

/** Whether the server has other code by now than this page was loaded with; false when it does not answer. */
export async function isNewVersion(): Promise<boolean> {
  const mine = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute('src')
  const page = mine ? await frontPage() : null
  return page !== null && !page.includes(mine!)
}
