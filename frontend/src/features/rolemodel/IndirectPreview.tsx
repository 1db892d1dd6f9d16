import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { n } from '../../lib/texts/plural'
import { cx } from '../../ui/cx'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { IndirectPreviewDocument } from './IndirectPreview.generated'
import classes from './PreviewPanel.module.css'
import type { Draft } from './shape'

/** What the rule would find, a moment after the last key; nothing is asked until it says where it begins. */
function useIndirectPreview(draft: Draft, identifier: string | null) {
  const said = (name: string) => String(draft[name] ?? '')
  const input = {
    identifier,
    resourceType: said('resourceType'),
    property: said('property'),
    correspondence: said('correspondence'),
    correspondenceMembershipProperty: said('correspondenceMembershipProperty'),
    entitlement: said('entitlement'),
  }
  const text = JSON.stringify(input)
  const [settled] = useDebouncedValue(text, 300)
  const isWhole = input.resourceType !== '' && input.property !== ''
  const [{ data, error, fetching }, read] = useReading({
    query: IndirectPreviewDocument,
    variables: { input: JSON.parse(settled) as typeof input },
    pause: !isWhole,
    requestPolicy: 'cache-and-network',
  })
  return {
    preview: isWhole ? data?.indirectPreview : undefined,
    error: isWhole ? error : undefined,
    isWhole,
    stale: settled !== text || fetching,
    read: () => read({ requestPolicy: 'network-only' }),
  }
}

/** Who would have what through others, beside the form of the rule. */
export function IndirectPreview({ draft, identifier }: { draft: Draft; identifier: string | null }) {
  const { preview: p, isWhole, stale, error, read } = useIndirectPreview(draft, identifier)
  const [isOpen, setOpen] = useState(false)
  const numbers = p
    ? ([
        [t.indirect.people, p.people],
        [t.indirect.rights, p.rights],
        [t.indirect.gained, p.gained],
        [t.indirect.lost, p.lost],
      ] as const)
    : []
  return (
    <aside className={cx(classes.panel, 'panel', isOpen && classes.open)} aria-label={t.indirect.preview}>
      <button type="button" className={classes.short} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {p ? `${t.indirect.people} ${n(p.people)} · ${t.indirect.rights} ${n(p.rights)}` : t.indirect.preview}
      </button>
      <div className={classes.body}>
        <Section title={t.indirect.preview}>
          {error && <ProblemNote problem={toProblem(error)} onRetry={read} />}
          {!isWhole && <p className="dim">{t.indirect.incomplete}</p>}
          {isWhole && !p && !error && <Skeleton lines={5} />}
          {p && (
            <div className={cx(classes.answer, stale && classes.stale)} aria-busy={stale || undefined}>
              <p className="sr-only" role="status">
                {stale ? '' : t.indirect.sentence(p.people, p.rights)}
              </p>
              {p.isOff && <p className={classes.warning}>{t.indirect.off}</p>}
              <dl className={classes.numbers}>
                {numbers.map(([label, count]) => (
                  <div key={label}>
                    <dt>{label}</dt>
                    <dd>{n(count)}</dd>
                  </div>
                ))}
              </dl>
              {p.hidden > 0 && <p className="dim">{t.indirect.hidden(p.hidden)}</p>}
              {p.isCut && <p className={classes.warning}>{t.indirect.cut(p.owners)}</p>}
              {p.problems.map((problem, i) => (
                <p key={i} className={classes.warning} data-machine>
                  {problem.message}
                </p>
              ))}
              {p.sample.length === 0 ? (
                <p className="dim">{t.indirect.nothing}</p>
              ) : (
                <ul className={classes.ways} aria-label={t.indirect.who}>
                  {p.sample.map((x) => (
                    <li key={x.owner.id}>
                      <Link to="/person/$id" params={{ id: x.owner.id }} className="cut">
                        {x.owner.displayName}
                      </Link>
                      <span className="dim">{t.indirect.way(x.path, x.leftOut)}</span>
                      {x.rights > 1 && <span className="dim">{t.indirect.more(x.rights - 1)}</span>}
                    </li>
                  ))}
                </ul>
              )}
              {p.people > p.sample.length && <p className="dim">{t.indirect.first(p.sample.length, p.people)}</p>}
              <p className="dim">{t.indirect.when}</p>
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
