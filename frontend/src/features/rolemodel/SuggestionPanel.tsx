import { Button } from '@mantine/core'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import type { Criterion } from './CriteriaInput'
import type { SuggestionFragment } from './RuleSuggestions.generated'
import classes from './SuggestionPanel.module.css'
import { same } from './shape'
import type { useRuleSuggestions } from './useRuleSuggestions'

/** The criteria of a suggestion as a rule has them. */
export const criteriaOf = (s: SuggestionFragment): Criterion[] =>
  s.criteria.map(({ dimension, key, inherit }) => ({ dimension, key, inherit }))

/** A suggestion as a sentence: Department is Sales or below, and Site is Lisbon. */
const words = (s: SuggestionFragment) =>
  s.criteria.map((c) => t.suggestion.criterion(c.dimensionName, c.label, c.inherit)).join(` ${t.edit.and} `)

/** Rules that would explain what was found without one, the best first: how many each explains, and to whom it would give the same besides. */
export function SuggestionPanel(props: {
  suggestions: ReturnType<typeof useRuleSuggestions>
  /** The criteria of the rule as it is written. */
  value: Criterion[]
  readOnly: boolean
  onChoose: (criteria: Criterion[]) => void
}) {
  const { answer, error, isSettled, read } = props.suggestions
  return (
    <Section title={t.suggestion.title} panel>
      {error && <ProblemNote problem={toProblem(error)} onRetry={read} />}
      {!isSettled && <Skeleton lines={3} />}
      {answer && answer.found === 0 && <p className="dim">{t.suggestion.nobody}</p>}
      {answer && answer.found > 0 && (
        <>
          <p>{t.suggestion.found(answer.found)}</p>
          {answer.suggestions.length === 0 ? (
            <p className="dim">{t.suggestion.none}</p>
          ) : (
            <ol className={classes.list} aria-label={t.suggestion.title}>
              {answer.suggestions.map((s) => {
                const isChosen = same(criteriaOf(s), props.value)
                return (
                  <li key={words(s)}>
                    <span>
                      <strong>{words(s)}</strong>
                      <br />
                      <span className={s.besides > 0 ? classes.besides : 'dim'}>
                        {t.suggestion.says(s.explains, answer.found, s.besides)}
                      </span>
                    </span>
                    <Button
                      variant={isChosen ? 'light' : 'default'}
                      aria-pressed={isChosen}
                      disabled={props.readOnly}
                      onClick={() => props.onChoose(criteriaOf(s))}
                    >
                      {isChosen ? t.suggestion.chosen : t.suggestion.choose}
                    </Button>
                  </li>
                )
              })}
            </ol>
          )}
        </>
      )}
    </Section>
  )
}
