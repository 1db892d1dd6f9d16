import { Button } from '@mantine/core'
import { IconCalendarTime, IconCircleCheck, IconCircleMinus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { formatStamp, span } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Section } from '../../ui/Page'
import { useNow } from '../../ui/RelativeTime'
import type { PersonFragment } from './PersonPage.generated'
import { PersonForm } from './PersonForm'
import { EndRecordsDialog, wordsOf } from './EndRecordsDialog'
import { phaseOf, recordValue, type RecordKind, type RecordPhase } from './record'
import classes from './RecordsPanel.module.css'

const icons = { future: IconCalendarTime, current: IconCircleCheck, past: IconCircleMinus }
const tones = { future: 'blue', current: 'green', past: 'slate' } as const satisfies Record<RecordPhase, string>

/** The records of a resource, e.g. the positions of a person: those that are kept here can be ended. */
export function RecordsPanel(props: {
  kind: RecordKind
  owner: PersonFragment
  records: PersonFragment[]
  mayEnd: boolean
  /** Shows what would follow from other values of a record that is read from a system. */
  mayImagine: boolean
  onChanged: () => void
}) {
  const { kind, records } = props
  const now = useNow()
  const [ending, setEnding] = useState<PersonFragment | null>(null)
  const [imagining, setImagining] = useState<PersonFragment | null>(null)
  const system = kind.type.connector?.displayName
  return (
    <Section title={kind.type.displayName} panel>
      {records.length === 0 ? (
        <p className="dim">
          {t.person.noRecords(kind.type.displayName)}. {t.person.noRecordsHint(kind.type.displayName)}
        </p>
      ) : (
        <ul className={classes.records}>
          {records.map((r) => {
            const phase = phaseOf(kind, r, now)
            return (
              <li key={r.id}>
                <span className={classes.what}>
                  <Link to="/person/$id" params={{ id: r.id }}>
                    {wordsOf(kind, r) || r.displayName}
                  </Link>
                  <span className="mono dim">{r.key}</span>
                </span>
                <span className="num dim">{datesOf(kind, r)}</span>
                <span>
                  <Badge tone={tones[phase]} icon={icons[phase]} word={t.person.phases[phase]} />
                </span>
                <span className={classes.by}>
                  {!r.isManual ? (
                    <>
                      <span className="dim" title={t.person.readFromHint(system ?? '')}>
                        {t.person.readFrom(system ?? '')}
                      </span>
                      {props.mayImagine && phase !== 'past' && (
                        <Button variant="default" title={t.plan.lookHint} onClick={() => setImagining(r)}>
                          {t.plan.whatIf}
                        </Button>
                      )}
                    </>
                  ) : props.mayEnd && phase !== 'past' ? (
                    <Button variant="default" onClick={() => setEnding(r)}>
                      {t.person.end}
                    </Button>
                  ) : (
                    <span className="dim">{t.person.byHand}</span>
                  )}
                </span>
              </li>
            )
          })}
        </ul>
      )}
      {imagining && (
        <PersonForm
          type={kind.type}
          person={imagining}
          imagined
          onClose={() => setImagining(null)}
          onSaved={() => setImagining(null)}
        />
      )}
      {ending && (
        <EndRecordsDialog
          kind={kind}
          owner={props.owner}
          records={[ending]}
          readElsewhere={0}
          isLast={records.every((r) => r.id === ending.id || phaseOf(kind, r, now) === 'past')}
          title={t.person.endTitle(kind.type.displayName, props.owner.displayName)}
          onClose={() => setEnding(null)}
          onEnded={() => {
            setEnding(null)
            props.onChanged()
          }}
        />
      )}
    </Section>
  )
}

function datesOf({ spec }: RecordKind, record: PersonFragment): string {
  const start = recordValue(record, spec.startProperty)
  const end = recordValue(record, spec.endProperty)
  return span(start ? formatStamp(start) : '', end ? formatStamp(end) : '')
}
