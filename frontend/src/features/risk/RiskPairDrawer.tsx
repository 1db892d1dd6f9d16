import { Link } from '@tanstack/react-router'
import { maySeeIdentifiedRisks, maySeePeople } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { LevelBadge } from './LevelBadge'
import { pairName, type Matrix, type MatrixCell } from './matrix'
import { RiskPairDetailDocument, type RiskMatrixItemPartsFragment, type RiskPairDetailQuery } from './risk.generated'
import classes from './Risk.module.css'

type Person = RiskPairDetailQuery['riskPair']['both'][number]

const named = (item: RiskMatrixItemPartsFragment | undefined) => ({
  resourceType: item?.resourceType ?? '',
  property: item?.property ?? '',
  resource: item?.resource,
})

/** Two entitlements that are dangerous together: by which risks, who has both, and who could by one request. */
export function RiskPairDrawer(props: { matrix: Matrix; cell: MatrixCell; onClose: () => void }) {
  const { matrix, cell } = props
  const [one, other] = [matrix.items[cell.first], matrix.items[cell.second]]
  const mayKnow = maySeeIdentifiedRisks(useMe())
  const [{ data, error }, read] = useReading({
    query: RiskPairDetailDocument,
    variables: { input: { first: named(one), second: named(other) } },
    requestPolicy: 'cache-and-network',
    pause: !mayKnow,
  })
  const pair = data?.riskPair
  const isAlone = cell.first === cell.second
  const roles = [...new Set([...(one?.roles ?? []), ...(other?.roles ?? [])])]
  return (
    <Drawer
      title={pairName(matrix, cell)}
      sub={<LevelBadge level={cell.level} />}
      subject={`${String(cell.first)} ${String(cell.second)}`}
      onClose={props.onClose}
    >
      {error && <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />}
      <Section title={t.risk.list}>
        <ul className={classes.items}>
          {!pair && cell.risks.map((risk) => <li key={risk.id}>{risk.displayName}</li>)}
          {pair?.risks.map((risk) => (
            <li key={risk.id}>
              <strong>{risk.displayName}</strong>
              <p>{risk.description}</p>
              <p className="dim">{risk.remediation}</p>
              <p className="dim">
                {t.risk.types[risk.riskType]} · {t.risk.ofLevel(risk.level)} · {t.risk.policies[risk.exemptionPolicy]}
              </p>
              {risk.people != null && risk.people > 0 && (
                <Link to="/risks/identified" search={{ risk: risk.identifier }} className="underlined">
                  {t.risk.show(risk.people)}
                </Link>
              )}
            </li>
          ))}
        </ul>
      </Section>
      {mayKnow && !error && !pair && <Skeleton />}
      {pair && (
        <>
          <People title={isAlone ? t.risk.haveIt : t.risk.haveBoth} list={pair.both} count={pair.bothCount} />
          {!isAlone && (
            <People
              title={t.risk.could}
              hint={roles.length > 0 ? t.risk.couldHint(roles.join(', ')) : t.risk.nobodyCould}
              list={pair.could}
              count={pair.couldCount}
            />
          )}
        </>
      )}
    </Drawer>
  )
}

function People(props: { title: string; hint?: string; list: Person[]; count: number }) {
  const mayOpen = maySeePeople(useMe())
  return (
    <Section title={`${props.title}: ${t.risk.show(props.count)}`}>
      {props.hint && <p className="dim">{props.hint}</p>}
      <ul className={classes.people}>
        {props.list.map((p) => (
          <li key={p.id}>
            {mayOpen ? (
              <Link to="/person/$id" params={{ id: p.id }} className="underlined">
                {p.displayName}
              </Link>
            ) : (
              p.displayName
            )}{' '}
            <span className="dim">{p.key}</span>
          </li>
        ))}
      </ul>
      {props.count > props.list.length && <p className="dim">{t.risk.andMore(props.count - props.list.length)}</p>}
    </Section>
  )
}
