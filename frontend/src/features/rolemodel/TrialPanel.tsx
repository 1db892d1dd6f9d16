import { Button, Checkbox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconCheck, IconEqualNot } from '@tabler/icons-react'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import type { ConfigurationInput } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { cx } from '../../ui/cx'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import classes from './PreviewPanel.module.css'
import type { Draft } from './shape'
import own from './TrialPanel.module.css'
import { ResourceTypeTrialDocument, type ResourceTypeTrialQuery } from './TrialPanel.generated'
import { useProperties } from './useProperties'

type Trial = ResourceTypeTrialQuery['resourceTypeTrial']
type Value = Trial['values'][number]

/** What the account of one person would be by the resource type as it is written, beside what his system shows. Nothing is sent from here. */
export function TrialPanel({ draft, save }: { draft: Draft; save: ConfigurationInput }) {
  const [person, setPerson] = useState({ key: '', id: '' })
  const [isOpen, setOpen] = useState(false)
  const text = JSON.stringify(save)
  const [settled] = useDebouncedValue(text, 300)
  const [{ data, error, fetching }, read] = useReading({
    query: ResourceTypeTrialDocument,
    variables: {
      input: {
        save: JSON.parse(settled) as ConfigurationInput,
        resourceType: String(draft.identifier ?? ''),
        ownerId: person.id,
      },
    },
    pause: person.id === '',
    requestPolicy: 'network-only',
  })
  const trial = person.id === '' ? undefined : data?.resourceTypeTrial
  const problem = error && toProblem(error)
  return (
    <aside className={cx(classes.panel, 'panel', isOpen && classes.open)} aria-label={t.trial.title}>
      <button type="button" className={classes.short} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {t.trial.title}
      </button>
      <div className={classes.body}>
        <Section title={t.trial.title}>
          <div className={classes.answer}>
            <ResourcePicker
              key={String(draft.sourceEntityType)}
              label={t.trial.person}
              entityType={String(draft.sourceEntityType ?? '')}
              value={person.key}
              onChange={(key, id) => setPerson({ key, id })}
            />
            {person.id === '' && <p className="dim">{t.trial.choose}</p>}
            {problem &&
              (problem.code === 'VALIDATION' ? (
                <p className={classes.warning}>{t.trial.mistakes}</p>
              ) : (
                <ProblemNote problem={problem} onRetry={() => read({ requestPolicy: 'network-only' })} />
              ))}
            {person.id !== '' && !trial && !error && <Skeleton lines={5} />}
          </div>
          {trial && (
            <div
              className={cx(classes.answer, (settled !== text || fetching) && classes.stale)}
              aria-busy={settled !== text || fetching || undefined}
            >
              <Answer trial={trial} targets={String(draft.targetEntityType ?? '')} />
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

function Answer({ trial, targets }: { trial: Trial; targets: string }) {
  const properties = useProperties(targets)
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const wrong = trial.problems.filter((p) => p.severity === 'ERROR')
  if (wrong.length > 0) return <p className={classes.warning}>{t.trial.mistakes}</p>
  if (trial.failure) return <p className={classes.warning}>{t.trial.failed(trial.failure)}</p>
  const mapped = trial.values.filter((v) => v.isComputed)
  const others = trial.values.filter((v) => !v.isComputed)
  const hasAccount = trial.accountId !== null
  const different = mapped.filter((v) => isDifferent(v, hasAccount))
  const nameOf = (identifier: string) => properties.find((p) => p.identifier === identifier)?.displayName ?? identifier
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
