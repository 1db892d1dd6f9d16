import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import type { ConfigurationInput } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import classes from './PreviewPanel.module.css'
import { StoredTrialDocument } from './StoredPanel.generated'
import type { Draft } from './shape'

/** What the expression as it is written gives one resource, and what it reads for that. Nothing is kept from here. */
export function StoredPanel({ draft, save }: { draft: Draft; save: ConfigurationInput }) {
  const [whose, setWhose] = useState({ key: '', id: '' })
  const [isOpen, setOpen] = useState(false)
  const text = JSON.stringify(save)
  const [settled] = useDebouncedValue(text, 300)
  const [{ data, error, fetching }, read] = useReading({
    query: StoredTrialDocument,
    variables: { input: { resourceId: whose.id, save: JSON.parse(settled) as ConfigurationInput } },
    pause: whose.id === '',
    requestPolicy: 'network-only',
  })
  const trial = whose.id === '' ? undefined : data?.storedValues
  const problem = error && toProblem(error)
  const value = trial?.values.find((v) => v.property === String(draft.property ?? ''))
  const isWrong = problem?.code === 'VALIDATION' || trial?.problems.some((p) => p.severity === 'ERROR')
  const stale = settled !== text || fetching
  return (
    <aside className={cx(classes.panel, 'panel', isOpen && classes.open)} aria-label={t.stored.trial}>
      <button type="button" className={classes.short} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {t.stored.trial}
      </button>
      <div className={classes.body}>
        <Section title={t.stored.trial}>
          <div className={classes.answer}>
            <ResourcePicker
              key={String(draft.entityType)}
              label={t.stored.whose}
              entityType={String(draft.entityType ?? '')}
              value={whose.key}
              onChange={(key, id) => setWhose({ key, id })}
            />
            {whose.id === '' && <p className="dim">{t.stored.choose}</p>}
            {isWrong ? (
              <p className={classes.warning}>{t.trial.mistakes}</p>
            ) : (
              problem && <ProblemNote problem={problem} onRetry={() => read({ requestPolicy: 'network-only' })} />
            )}
            {whose.id !== '' && !trial && !error && <Skeleton lines={4} />}
          </div>
          {value && !isWrong && (
            <div className={cx(classes.answer, stale && classes.stale)} aria-busy={stale || undefined}>
              {value.error && <p className={classes.warning}>{value.error}</p>}
              <Fields
                rows={[
                  [t.stored.computed, value.error ? null : (value.computed ?? t.common.nothing)],
                  [t.stored.kept, value.kept ?? t.common.nothing],
                  [t.stored.by, value.expression && <span data-machine>{value.expression}</span>],
                ]}
              />
              <h3>{t.stored.inputs}</h3>
              <Fields
                rows={value.inputs.map((i) => [
                  i.path,
                  i.isHidden ? <span className="dim">{t.stored.hidden}</span> : (i.value ?? t.common.nothing),
                ])}
              />
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
