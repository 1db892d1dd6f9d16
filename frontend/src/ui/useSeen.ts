import { useEffect, useMemo } from 'react'

/**
 * Choices for a filter, gathered from the rows seen so far: whoever may see the rows may filter by what is in them, without
 * the right to read the configuration.
 */
export function useSeen(
  key: string,
  pairs: string[][],
  chosen: string[] | undefined,
): { value: string; label: string }[] {
  const list = JSON.stringify(pairs)
  const options = useMemo(() => {
    const all = new Map<string, string>(seenBefore.get(key))
    for (const [value, label] of JSON.parse(list) as [string, string][]) all.set(value, label)
    for (const value of chosen ?? []) if (!all.has(value)) all.set(value, value)
    return all
  }, [key, list, chosen])
  useEffect(() => {
    seenBefore.set(key, options)
  }, [key, options])
  return useMemo(
    () => [...options].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label)),
    [options],
  )
}

// Survives a change of page: the choices are still there when one comes back.
const seenBefore = new Map<string, Map<string, string>>()
