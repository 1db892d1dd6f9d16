import { Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import type { ConfigurationInput } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { cx } from '../../ui/cx'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import type { Differences } from './differences'
import { DiffersPanel } from './DiffersPanel'
import classes from './PreviewPanel.module.css'
import type { Draft } from './shape'
import { TrialAnswer } from './TrialAnswer'
import type { Tried } from './TrialContext'
import { ResourceTypeTrialDocument } from './TrialPanel.generated'
import { useProperties } from './useProperties'

/** What the account of one person would be by the resource type as it is written, beside what his system shows. Nothing is sent from here. */
export function TrialPanel(props: { draft: Draft; save: ConfigurationInput; onTried?: (tried: Tried) => void }) {
  const { draft, save, onTried } = props
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
  const [differences, setDifferences] = useState<Differences | null>(null)
  // The lines of the form show what is known of the text as it stands.
  const known = settled === text && !fetching ? (trial ?? null) : null
  useEffect(() => {
    onTried?.({ trial: known, differences })
    // Told again only when something else is known.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [known, differences])
  const properties = useProperties(String(draft.targetEntityType ?? ''))
  const nameOf = (identifier: string) => properties.find((p) => p.identifier === identifier)?.displayName ?? identifier
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
              <TrialAnswer trial={trial} nameOf={nameOf} />
            </div>
          )}
        </Section>
        <DiffersPanel
          save={save}
          resourceType={String(draft.identifier ?? '')}
          nameOf={nameOf}
          onFound={setDifferences}
        />
        <Button variant="default" className={classes.fold} onClick={() => setOpen(false)}>
          {t.common.close}
        </Button>
      </div>
    </aside>
  )
}
