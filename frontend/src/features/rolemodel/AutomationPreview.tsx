import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { n } from '../../lib/texts/plural'
import { cx } from '../../ui/cx'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import classes from './PreviewPanel.module.css'
import type { Draft } from './shape'
import { useAutomationPreview } from './useAutomationPreview'

/** What the rule would decide now and later, beside its form: numbers, then what has waited for the longest time. */
export function AutomationPreview({ draft, identifier }: { draft: Draft; identifier: string | null }) {
  const { preview: p, isWhole, stale, error, read } = useAutomationPreview(draft, identifier)
  const [isOpen, setOpen] = useState(false)
  const word = t.automation.decisions[draft.decision === 'DECLINE' ? 'DECLINE' : 'APPROVE']
  const numbers = p
    ? ([
        [t.automation.now, p.now],
        [t.automation.later, p.later],
        [t.automation.never, p.never],
        [t.automation.others, p.others],
      ] as const)
    : []
  return (
    <aside className={cx(classes.panel, 'panel', isOpen && classes.open)} aria-label={t.automation.preview}>
      <button type="button" className={classes.short} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {p ? `${t.automation.now} ${n(p.now)} · ${t.automation.later} ${n(p.later)}` : t.automation.preview}
      </button>
      <div className={classes.body}>
        <Section title={t.automation.preview}>
          {error && <ProblemNote problem={toProblem(error)} onRetry={read} />}
          {!isWhole && <p className="dim">{t.automation.incomplete}</p>}
          {isWhole && !p && !error && <Skeleton lines={5} />}
          {p && (
            <div className={cx(classes.answer, stale && classes.stale)} aria-busy={stale || undefined}>
              <p className="sr-only" role="status">
                {stale ? '' : t.automation.sentence(word, p.now, p.later)}
              </p>
              {p.isOff && <p className={classes.warning}>{t.automation.off}</p>}
              <dl className={classes.numbers}>
                {numbers.map(([label, count]) => (
                  <div key={label}>
                    <dt>{label}</dt>
                    <dd>{n(count)}</dd>
                  </div>
                ))}
              </dl>
              {p.hidden > 0 && <p className="dim">{t.automation.hidden(p.hidden)}</p>}
              {p.problems.map((problem, i) => (
                <p key={i} className={classes.warning} data-machine>
                  {problem.message}
                </p>
              ))}
              {p.items.nodes.length === 0 ? (
                <p className="dim">{t.automation.nothing}</p>
              ) : (
                <ul className={classes.people} aria-label={t.automation.waiting}>
                  {p.items.nodes.map((x) => (
                    <li key={x.id}>
                      <Link to="/person/$id" params={{ id: x.owner.id }} className="cut">
                        {x.owner.displayName}
                      </Link>
                      <span className="cut dim">{x.targetDisplayName}</span>
                      <span className="dim">
                        {x.at === null ? (
                          t.automation.never
                        ) : x.at > p.at ? (
                          <RelativeTime at={x.at} />
                        ) : (
                          t.automation.now
                        )}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
              {p.items.totalCount > p.items.nodes.length && (
                <p className="dim">{t.automation.sample(p.items.nodes.length, p.items.totalCount)}</p>
              )}
            </div>
          )}
        </Section>
        <Button variant="default" className={classes.fold} onClick={() => setOpen(false)}>
          {t.common.close}
        </Button>
      </div>
    </aside>
  )
}
