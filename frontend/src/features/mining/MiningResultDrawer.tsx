import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { formatNumber } from '../../lib/format'
import classes from './Mining.module.css'
import { MiningPeopleDocument, MiningResultDetailDocument } from './MiningResultDrawer.generated'
import { parseMiningSearch } from './miningSearch'
import { Outcome } from './Outcome'
import { resultSentence, ruleWords } from './phrases'

/** What became of one role, with the people whom its rules get wrong by name. */
export function MiningResultDrawer() {
  const { run = '', result: id = '' } = useParams({ strict: false })
  const search = parseMiningSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const [{ data, error, fetching }, read] = useReading({ query: MiningResultDetailDocument, variables: { id } })
  const result = data?.miningResult
  return (
    <Drawer
      title={result?.role.displayName ?? t.mining.role}
      subject={id}
      sub={result && (result.rule ? t.mining.by(result.rule) : t.mining.byGone)}
      onClose={() => void navigate({ to: '/model/mining/$run', params: { run }, search })}
    >
      {result ? (
        <>
          <Outcome of={result} />
          <p>{resultSentence(result)}</p>
          {result.isCut && <p className="dim">{t.mining.cut}</p>}
          {result.proposals.length > 0 && (
            <Section title={t.mining.rule}>
              <ul className={classes.proposals}>
                {result.proposals.map((p, at) => (
                  <li key={at}>
                    <strong>{ruleWords(p)}</strong>
                    <span className="dim">
                      {t.mining.ruleNumbers(p.matched, p.rightly)}
                      {p.falsePositive > 0 && `, ${t.mining.wrongly} ${t.mining.percent(p.falsePositive)}`}
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
          <Fields
            rows={[
              [t.mining.people, formatNumber(result.people)],
              [t.mining.precision, t.mining.percent(result.precision)],
              [t.mining.wrongly, t.mining.percent(result.falsePositive)],
            ]}
          />
          <Wrong result={id} wouldBeGiven title={t.mining.given} />
          <Wrong result={id} wouldBeGiven={false} title={t.mining.left} />
        </>
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : fetching ? (
        <Skeleton lines={6} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Drawer>
  )
}

/** How many are named at once. */
const named = 100

/** People about whom the rules decide otherwise than they are. */
function Wrong(props: { result: string; wouldBeGiven: boolean; title: string }) {
  const [{ data, error, fetching }] = useReading({
    query: MiningPeopleDocument,
    variables: { resultId: props.result, wouldBeGiven: props.wouldBeGiven, first: named },
  })
  const list = data?.miningPeople
  const problem = error && toProblem(error)
  return (
    <Section
      title={props.title}
      aside={
        list &&
        list.totalCount > list.nodes.length && (
          <span className="dim">{t.mining.moreOf(list.nodes.length, list.totalCount)}</span>
        )
      }
    >
      {problem ? (
        problem.code === 'FORBIDDEN' ? (
          <p className="dim">{t.mining.peopleHidden}</p>
        ) : (
          <ProblemNote problem={problem} />
        )
      ) : fetching || !list ? (
        <Skeleton lines={2} />
      ) : list.nodes.length === 0 ? (
        <p className="dim">{t.mining.nobody}</p>
      ) : (
        <ul className={classes.people}>
          {list.nodes.map(({ id, person }) => (
            <li key={id}>
              <Link to="/person/$id" params={{ id: person.id }}>
                <span>{person.displayName}</span>
                <span className="dim">{person.key}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
