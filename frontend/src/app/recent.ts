/** What somebody went to by the palette, enough to draw it again and to lead there. */
export interface Recent {
  kind: string
  id: string
  label: string
  detail: string
}

const kept = 6

/** What this person went to last in this tab, newest first. It ends with the tab: names of people do not stay on the machine. */
export function readRecent(username: string): Recent[] {
  try {
    const list = JSON.parse(sessionStorage.getItem(key(username)) ?? '[]') as Recent[]
    return Array.isArray(list) ? list.slice(0, kept) : []
  } catch {
    return []
  }
}

/** Puts one in front. */
export function keepRecent(username: string, gone: Recent) {
  const others = readRecent(username).filter((r) => r.kind !== gone.kind || r.id !== gone.id)
  try {
    sessionStorage.setItem(key(username), JSON.stringify([gone, ...others].slice(0, kept)))
  } catch {
    // not kept: only a convenience is lost
  }
}

const key = (username: string) => `writ.recent.${username}`
