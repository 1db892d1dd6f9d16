import { Checkbox } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconEqualNot } from '@tabler/icons-react'
import { useState } from 'react'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { RelativeTime } from '../../ui/RelativeTime'
import classes from './PreviewPanel.module.css'
import own from './TrialAnswer.module.css'
import type { ResourceTypeTrialQuery } from './TrialPanel.generated'

type Trial = ResourceTypeTrialQuery['resourceTypeTrial']
type Value = Trial['values'][number]

/** What would be beside what is, property by property. */
export function TrialAnswer({ trial, nameOf }: { trial: Trial; nameOf: (property: string) => string }) {
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const wrong = trial.problems.filter((p) => p.severity === 'ERROR')
  if (wrong.length > 0) return <p className={classes.warning}>{t.trial.mistakes}</p>
  if (trial.failure) return <p className={classes.warning}>{t.trial.failed(trial.failure)}</p>
  const mapped = trial.values.filter((v) => v.isComputed)
  const others = trial.values.filter((v) => !v.isComputed)
  const hasAccount = trial.accountId !== null
  const different = mapped.filter((v) => isDifferent(v, hasAccount))
  const rows = onlyDifferent ? different : mapped
  return (
    <>
      <p className="sr-only" role="status">
        {t.trial.sentence(mapped.length - different.length, different.length)}
      </p>
      <p>
        {trial.isGiven ? t.trial.given : t.trial.notGiven}{' '}
        {!hasAccount && <span className="dim">{t.trial.noAccount}</span>}
      </p>
      {hasAccount && (
        <Checkbox
          label={t.trial.onlyDifferent(different.length)}
          checked={onlyDifferent}
          onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
        />
      )}
      <table className={own.values}>
        <thead>
          <tr>
            <th scope="col">{t.trial.property}</th>
            <th scope="col">{t.trial.computed}</th>
            <th scope="col">
              {t.trial.read} {trial.readAt && <RelativeTime at={trial.readAt} />}
            </th>
            <th scope="col">{t.trial.compared}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((v) => (
            <Row key={v.property} value={v} name={nameOf(v.property)} hasAccount={hasAccount} />
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="dim">{onlyDifferent ? t.trial.allSame : t.trial.nothing}</p>}
      {others.length > 0 && !onlyDifferent && (
        <details>
          <summary>{t.trial.others(others.length)}</summary>
          <dl className={own.others}>
            {others.map((v) => (
              <div key={v.property}>
                <dt>{nameOf(v.property)}</dt>
                <dd>{v.read.join(', ')}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  )
}

/** What is written only once may be another one by now. */
const isDifferent = (v: Value, hasAccount: boolean) => v.error !== '' || (hasAccount && !v.isSame && !v.createOnly)

function Row({ value: v, name, hasAccount }: { value: Value; name: string; hasAccount: boolean }) {
  return (
    <tr>
      <th scope="row">
        {name}
        {v.createOnly && <span className="dim"> {t.trial.createOnly}</span>}
      </th>
      <td title={v.rules.join(', ')}>
        {v.error ? <span className={classes.warning}>{v.error}</span> : <Texts list={v.computed} />}
      </td>
      <td>{hasAccount ? <Texts list={v.read} /> : <span className="dim">{t.trial.noAccountShort}</span>}</td>
      <td>
        {v.error ? (
          <Badge tone="red" icon={IconAlertTriangle} word={t.trial.error} />
        ) : !hasAccount ? null : v.isSame ? (
          <Badge tone="green" icon={IconCheck} word={t.trial.same} quiet />
        ) : (
          <Badge tone={v.createOnly ? 'grey' : 'amber'} icon={IconEqualNot} word={t.trial.differs} />
        )}
      </td>
    </tr>
  )
}

function Texts({ list }: { list: string[] }) {
  if (list.length === 0) return <span className="dim">{t.common.nothing}</span>
  return list.length === 1 ? (
    <>{list[0]}</>
  ) : (
    <ul className={own.texts}>
      {list.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  )
}
