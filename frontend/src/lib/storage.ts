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
