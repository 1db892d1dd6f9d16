import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { requestStates } from '../../lib/requestStates'
import { moveWord, provisioningStateList, provisioningStates, type Look } from '../../lib/states'
import { actorName } from '../../lib/actor'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { StateBadge } from '../../ui/StateBadge'
import { TransitionsDocument, type TransitionsQuery } from './help.generated'
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
      {data && <RequestMoves moves={data.requestTransitions} />}
    </Page>
  )
}

/** The moves of what is asked for, and of each approval of it. */
function RequestMoves({ moves }: { moves: TransitionsQuery['requestTransitions'] }) {
  return (
    <Section title={t.request.machine} panel>
      <p className="dim">{t.request.machineHint}</p>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.request.machine}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t.help.of}</th>
              <th scope="col">{t.help.from}</th>
              <th scope="col">{t.help.to}</th>
              <th scope="col">{t.help.action}</th>
              <th scope="col">{t.help.actor}</th>
              <th scope="col">{t.help.description}</th>
            </tr>
          </thead>
          <tbody>
            {moves.map((move) => (
              <tr key={`${move.machine} ${move.action} ${move.from} ${move.to}`}>
                <td>{t.request.machines[move.machine] ?? move.machine}</td>
                <td>{move.from ? <RequestMoveState of={move.from} /> : <span className="dim">{t.help.new}</span>}</td>
                <td>
                  <RequestMoveState of={move.to} />
                </td>
                <td>{t.request.moves[move.action] ?? move.action}</td>
                <td>{t.request.whoMay[move.whoMay] ?? move.whoMay}</td>
                <td>{move.description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

/** A state of an item, or of an approval, in words. */
function RequestMoveState({ of }: { of: string }) {
  const look = (requestStates as Record<string, Look | undefined>)[of]
  return look ? (
    <Badge tone={look.tone} icon={look.icon} word={look.word} hint={look.hint} />
  ) : (
    (t.request.stepState as Record<string, string>)[of]
  )
}

/** Without the rows of the specification at the end, which tell people nothing. */
function plain(description: string): string {
  return description.replace(/ \([A-Z]\d+(?: [A-Z]\d+)*\)$/, '')
}
