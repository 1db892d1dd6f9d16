import { Button, TextInput } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import type { RuleChange } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { n } from '../../lib/texts/plural'
import { Badge } from '../../ui/Badge'
import { cx } from '../../ui/cx'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ViewSwitch } from '../../ui/ViewSwitch'
import classes from './PreviewPanel.module.css'
import { useDimensions } from './CriteriaInput'
import type { useRulePreview } from './useRulePreview'

type Preview = ReturnType<typeof useRulePreview>

const badges = {
  LOST: { tone: 'red', icon: IconMinus },
  GAINED: { tone: 'green', icon: IconPlus },
} as const

type Shown = RuleChange | 'ALL'

/** Whom the rule matches, beside its sentence: three numbers, then the people, lost ones first to be chosen. */
export function PreviewPanel(props: {
  preview: Preview
  show: RuleChange | undefined
  onShow: (show: RuleChange | undefined) => void
  day: string | undefined
  onDay: (day: string | undefined) => void
}) {
  const { preview: p, isWhole, stale, error, read } = props.preview
  const dimensions = useDimensions()
  const [isOpen, setOpen] = useState(false)
  const sentence = p && t.rule.sentence(p.matches, p.gained, p.lost)
  const unchanged = p ? p.matches - p.gained : 0
  const costs = p?.criteria.filter((c) => c.without > p.matches).toSorted((a, b) => b.without - a.without)[0]
  return (
    <aside className={cx(classes.panel, 'panel', isOpen && classes.open)} aria-label={t.rule.preview}>
      <button type="button" className={classes.short} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {p ? `+ ${n(p.gained)}  − ${n(p.lost)}` : t.rule.preview}
      </button>
      <div className={classes.body}>
        <Section
          title={t.rule.preview}
          aside={
            <TextInput
              type="date"
              aria-label={t.catalogue.holdersAt}
              title={t.catalogue.holdersAt}
              value={props.day ?? ''}
              onChange={(event) => props.onDay(event.currentTarget.value || undefined)}
            />
          }
        >
          {error && <ProblemNote problem={toProblem(error)} onRetry={read} />}
          {!isWhole && <p className="dim">{t.rule.incomplete}</p>}
          {isWhole && !p && !error && <Skeleton lines={5} />}
          {p && (
            <div className={cx(classes.answer, stale && classes.stale)} aria-busy={stale || undefined}>
              <p className="sr-only" role="status">
                {stale ? '' : sentence}
              </p>
              <dl className={classes.numbers}>
                <div>
                  <dt>{t.rule.matches}</dt>
                  <dd>{n(p.matches)}</dd>
                </div>
                <div className={classes.gained}>
                  <dt>{t.rule.changes.GAINED}</dt>
                  <dd>+ {n(p.gained)}</dd>
                </div>
                <div className={classes.lost}>
                  <dt>{t.rule.changes.LOST}</dt>
                  <dd>− {n(p.lost)}</dd>
                </div>
                <div>
                  <dt>{t.rule.changes.UNCHANGED}</dt>
                  <dd>{n(unchanged)}</dd>
                </div>
              </dl>
              {p.hidden > 0 && <p className="dim">{t.rule.hidden(p.hidden)}</p>}
              {p.problems.map((problem, i) => (
                <p key={i} className={classes.warning} data-machine>
                  {problem.message}
                </p>
              ))}
              {costs && (
                <p className="dim">
                  {t.rule.without(
                    dimensions.find((d) => d.identifier === costs.dimension)?.displayName ?? costs.dimension,
                    costs.without,
                  )}
                </p>
              )}
              <ViewSwitch<Shown>
                label={t.rule.people}
                value={props.show ?? 'ALL'}
                options={[
                  { value: 'LOST', label: t.rule.changes.LOST },
                  { value: 'GAINED', label: t.rule.changes.GAINED },
                  { value: 'UNCHANGED', label: t.rule.changes.UNCHANGED },
                  { value: 'ALL', label: t.common.all },
                ]}
                onChange={(value) => props.onShow(value === 'ALL' ? undefined : value)}
              />
              {p.people.nodes.length === 0 ? (
                <p className="dim">{t.rule.nobody}</p>
              ) : (
                <ul className={classes.people} aria-label={t.rule.people}>
                  {p.people.nodes.map((x) => (
                    <li key={x.id}>
                      {x.change === 'UNCHANGED' ? (
                        <span className="dim">{t.rule.changes.UNCHANGED}</span>
                      ) : (
                        <Badge {...badges[x.change]} word={t.rule.changes[x.change]} />
                      )}
                      <Link to="/person/$id" params={{ id: x.id }} className="cut">
                        {x.resource.displayName}
                      </Link>
                      <span className="mono dim">{x.resource.key}</span>
                      {x.hasRole && x.change === 'GAINED' && <span className="dim">{t.rule.hasAlready}</span>}
                    </li>
                  ))}
                </ul>
              )}
              {p.people.totalCount > p.people.nodes.length && (
                <p className="dim">{t.rule.sample(p.people.nodes.length, p.people.totalCount)}</p>
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
