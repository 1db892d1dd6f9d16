import { getRouteApi, Link, useNavigate, useParams } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatExact, formatNumber } from '../../lib/format'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { RiskScoreDetailDocument } from './risk.generated'
import classes from './Risk.module.css'
import { ScoreBadge } from './ScoreBadge'

const route = getRouteApi('/shell/risks/scores')

/** How dangerous somebody is: what each risk adds, and what the score was before. */
export function ScoreDrawer() {
  const { person: id = '' } = useParams({ strict: false })
  const search = route.useSearch()
  const navigate = useNavigate()
  const [{ data, error }, read] = useReading({ query: RiskScoreDetailDocument, variables: { owner: id } })
  const list = data?.riskScores.nodes ?? []
  const first = list[0]
  const now = first?.endedAt ? undefined : first
  const past = list.filter((x) => x.endedAt)
  return (
    <Drawer
      title={first?.owner.displayName ?? t.risk.score}
      sub={now && <ScoreBadge score={now.score} />}
      subject={id}
      onClose={() => void navigate({ to: '/risks/scores', search })}
    >
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : !data ? (
        <Skeleton />
      ) : !first ? (
        <EmptyNote title={t.risk.noScore} hint={t.risk.noScoreHint} />
      ) : (
        <>
          <Fields
            rows={[
              [
                t.risk.who,
                <Link key="who" to="/person/$id" params={{ id: first.owner.id }}>
                  {first.owner.displayName}, {first.owner.key}
                </Link>,
              ],
              [t.risk.score, now ? String(now.score) : t.risk.noScoreNow],
              [t.risk.factor, now && t.risk.factors[now.factor]],
              [t.risk.computed, formatExact((now ?? first).computedAt)],
            ]}
          />
          {now && (
            <Section title={t.risk.madeOf}>
              <ul className={classes.items}>
                {now.parts.map((p) => (
                  <li key={`${p.risk?.id ?? ''} ${p.name}`}>
                    {p.name}
                    <p className="dim">
                      {t.risk.ofLevel(p.level)} ·{' '}
                      {p.adds > 0 ? t.risk.adds(formatNumber(Math.round(p.adds * 10) / 10)) : t.risk.addsNothing}
                    </p>
                  </li>
                ))}
              </ul>
            </Section>
          )}
          {past.length > 0 && (
            <Section title={t.risk.past}>
              <ul className={classes.items}>
                {past.map((x) => (
                  <li key={x.id}>
                    {t.risk.scoreOf(x.score)}
                    <p className="dim">
                      {x.endedAt && t.risk.between(formatExact(x.computedAt), formatExact(x.endedAt))} ·{' '}
                      {x.parts.map((p) => `${p.name} ${String(p.level)}`).join(', ')}
                    </p>
                  </li>
                ))}
              </ul>
            </Section>
          )}
        </>
      )}
    </Drawer>
  )
}
