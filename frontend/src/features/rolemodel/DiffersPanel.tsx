import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { ConfigurationInput } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { ProgressBar } from '../../ui/ProgressBar'
import { together, type Differences } from './differences'
import { ResourceTypeDifferencesDocument } from './DiffersPanel.generated'
import classes from './PreviewPanel.module.css'

/** So many at once, first and then again and again. */
const atOnce = { sample: 200, whole: 500 }

/** For how many people the accounts differ by the resource type as it is written: a sample by chance first, everybody when that is asked for. */
export function DiffersPanel(props: {
  save: ConfigurationInput
  resourceType: string
  nameOf: (property: string) => string
  onFound: (found: Differences | null) => void
}) {
  const { save, resourceType, nameOf, onFound } = props
  const client = useClient()
  const text = JSON.stringify(save)
  const [kept, setKept] = useState<{ text: string; found: Differences } | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [isLooking, setLooking] = useState(false)
  // What is asked for is asked for one text: what is typed meanwhile ends it.
  const asking = useRef('')
  useEffect(() => {
    if (asking.current !== text) {
      asking.current = ''
      onFound(null)
    }
    return () => {
      asking.current = ''
    }
    // Only what is typed counts.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text])
  const found = kept?.text === text ? kept.found : null

  const look = async (from: Differences | null, toTheEnd: boolean) => {
    asking.current = text
    setProblem(null)
    setLooking(true)
    let all = from
    do {
      const { data, error } = await client
        .query(
          ResourceTypeDifferencesDocument,
          {
            input: {
              save: JSON.parse(text) as ConfigurationInput,
              resourceType,
              owners: toTheEnd ? atOnce.whole : atOnce.sample,
              after: all?.endCursor ?? null,
            },
          },
          { requestPolicy: 'network-only' },
        )
        .toPromise()
      if (asking.current !== text) break
      if (error || !data) {
        setProblem(error ? toProblem(error) : null)
        break
      }
      all = together(all, data.resourceTypeDifferences)
      setKept({ text, found: all })
      onFound(all)
    } while (toTheEnd && all.endCursor)
    setLooking(false)
  }
  const stop = () => {
    asking.current = ''
    setLooking(false)
  }
  const isWrong = found?.problems.some((p) => p.severity === 'ERROR') ?? false
  return (
    <Section title={t.differs.title}>
      <div className={classes.answer}>
        {!found && !isLooking && <p className="dim">{t.differs.hint}</p>}
        {problem &&
          (problem.code === 'VALIDATION' ? (
            <p className={classes.warning}>{t.trial.mistakes}</p>
          ) : (
            <ProblemNote problem={problem} />
          ))}
        {isWrong && <p className={classes.warning}>{t.trial.mistakes}</p>}
        {found && !isWrong && <Found found={found} nameOf={nameOf} />}
        {isLooking && found && <ProgressBar value={found.looked / Math.max(1, found.total)} label={t.differs.title} />}
        {isLooking ? (
          <Button variant="default" onClick={stop}>
            {t.differs.stop}
          </Button>
        ) : !found ? (
          <Button variant="default" onClick={() => void look(null, false)}>
            {t.differs.look(atOnce.sample)}
          </Button>
        ) : (
          found.endCursor &&
          !isWrong && (
            <Button variant="default" onClick={() => void look(found, true)}>
              {t.differs.lookAtAll(found.total)}
            </Button>
          )
        )}
      </div>
    </Section>
  )
}

function Found({ found, nameOf }: { found: Differences; nameOf: (property: string) => string }) {
  return (
    <>
      <p role="status">{t.differs.sentence(found)}</p>
      {found.properties.length === 0 && found.looked > 0 && <p className="dim">{t.differs.none}</p>}
      <ul className={classes.ways}>
        {found.properties.map((p) => (
          <li key={p.property}>
            <details>
              <summary>
                <strong>{nameOf(p.property)}</strong> {t.differs.of(p.differs, p.errors)}
              </summary>
              <ul className={classes.ways}>
                {p.sample.map(({ owner, computed, read, error }) => (
                  <li key={owner.id}>
                    <span>
                      <Link to="/person/$id" params={{ id: owner.id }} className="underlined">
                        {owner.displayName}
                      </Link>{' '}
                      <span className="dim">{owner.key}</span>
                    </span>
                    {error ? (
                      <span className={classes.warning}>{error}</span>
                    ) : (
                      <span>{t.differs.change(read.join(', '), computed.join(', '))}</span>
                    )}
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </>
  )
}
