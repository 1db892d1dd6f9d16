import { lazy, type ComponentType } from 'react'
import { isGone } from '../lib/freshCode'
import { t } from '../lib/texts'
import { useMissingCode } from './useMissingCode'

/** A part of a page whose code comes when it is drawn; when it does not come, the rest of the page stays. */
export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  return lazy(() =>
    load().then(
      (part) => ({ default: part }),
      (reason: unknown) => {
        if (!isGone(String(reason))) throw reason
        return { default: MissingPart as ComponentType<Props> }
      },
    ),
  )
}

function MissingPart() {
  const is = useMissingCode(true)
  if (is === 'looking') return null
  return (
    <p className="dim" role="status">
      {t.problem.oldTitle}. {is === 'away' ? t.problem.away : t.problem.old}
    </p>
  )
}
