import { useCallback, useEffect, useRef, useState } from 'react'

const none: ReadonlySet<string> = new Set()

/** Ids that changed just now: a table lights their rows up once, softly. */
export function useFlash(): [ReadonlySet<string>, (ids: Iterable<string>) => void] {
  const [lit, setLit] = useState(none)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const flash = useCallback((ids: Iterable<string>) => {
    setLit((old) => new Set([...old, ...ids]))
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setLit(none), 1_400)
  }, [])
  return [lit, flash]
}
