import { useEffect, useState } from 'react'
import { isServed, reloadOnce } from '../lib/freshCode'

/** How it stands with code that did not come: looked for, the server is away, or loading the page again did not help. */
type Missing = 'looking' | 'away' | 'gone'

/** Loads the page again as soon as the server would give it, once: without a server it would be lost. */
export function useMissingCode(isMissing: boolean): Missing {
  const [is, setIs] = useState<Missing>('looking')
  useEffect(() => {
    if (!isMissing) return
    let timer: ReturnType<typeof setTimeout>
    let isOver = false
    const look = async () => {
      const served = await isServed()
      if (isOver) return
      if (served) {
        if (!reloadOnce()) setIs('gone')
        return
      }
      setIs('away')
      timer = setTimeout(() => void look(), 2_000 + 1_000 * Math.random())
    }
    void look()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [isMissing])
  return is
}
