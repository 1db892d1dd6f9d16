import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { moveWord, provisioningStateList, provisioningStates } from '../../lib/states'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { TransitionsDocument } from './help.generated'
import classes from './HelpPage.module.css'

/** States, words, and the table of moves that the server obeys. */
export function HelpPage() {
  const [{ data, error }] = useReading({ query: TransitionsDocument })
  return (
    <Page title={t.help.title} scroll>
      <div className={classes.two}>
        <Section title={t.help.states} panel>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t.help.code}</th>
                <th scope="col">{t.common.state}</th>
                <th scope="col">{t.help.meaning}</th>
              </tr>
            </thead>
            <tbody>
              {provisioningStateList.map((state) => (
                <tr key={state}>
                  <td className="num">{provisioningStates[state].code}</td>
                  <td>
                    <StateBadge state={state} />
                  </td>
                  <td>{provisioningStates[state].hint}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
        <Section title={t.help.words} panel>
          <dl className={classes.words}>
            {t.help.wordList.map(([word, meaning]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <p className="dim">{t.help.keysHint}</p>
        </Section>
      </div>
      <Section title={t.help.transitions} panel>
        <p className="dim">{t.help.transitionsHint}</p>
        {error ? (
          <ProblemNote problem={toProblem(error)} />
        ) : !data ? (
          <Skeleton lines={10} />
        ) : (
          <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.help.transitions}>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">{t.help.from}</th>
                  <th scope="col">{t.help.to}</th>
                  <th scope="col">{t.help.action}</th>
                  <th scope="col">{t.help.actor}</th>
                  <th scope="col">{t.help.description}</th>
                </tr>
              </thead>
              <tbody>
                {data.provisioningTransitions.map((move) => (
                  <tr key={`${move.action} ${move.from} ${move.to} ${move.actor}`}>
                    <td>{move.from ? <StateBadge state={move.from} /> : <span className="dim">{t.help.new}</span>}</td>
                    <td>
                      <StateBadge state={move.to} />
                    </td>
                    <td>{moveWord(move.action) ?? move.action}</td>
                    <td>{actorName(move.actor.toLowerCase())}</td>
                    <td>{plain(move.description)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Section>
    </Page>
  )
}

/** Without the rows of the specification at the end, which tell people nothing. */
function plain(description: string): string {
  return description.replace(/ \([A-Z]\d+(?: [A-Z]\d+)*\)$/, '')
}
