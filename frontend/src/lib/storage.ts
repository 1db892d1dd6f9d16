/** localStorage that never throws: it may be full, or closed to us. */
export function readStored<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`writ.${key}`)
    return text === null ? fallback : (JSON.parse(text) as T)
  } catch {
    return fallback
  }
}

export function writeStored(key: string, value: unknown) {
  try {
    localStorage.setItem(`writ.${key}`, JSON.stringify(value))
  } catch {
    // not kept: only a convenience is lost
  }
}

const draftLife = 24 * 3_600_000

/** A text that was begun and not sent: kept in this tab only, for a day. Empty when there is none. */
export function readDraft(key: string): string {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`writ.draft.${key}`) ?? 'null') as {
      at: number
      text: string
    } | null
    return kept && Date.now() - kept.at < draftLife ? kept.text : ''
  } catch {
    return ''
  }
}

/** Keeps a text that was begun; an empty one ends it. */
export function writeDraft(key: string, text: string) {
  try {
    if (text) sessionStorage.setItem(`writ.draft.${key}`, JSON.stringify({ at: Date.now(), text }))
    else sessionStorage.removeItem(`writ.draft.${key}`)
  } catch {
    // not kept: the text stays in its field as long as that is drawn
  }
}
