import { Button, Modal } from '@mantine/core'
import { PlanButton } from '../../graphql/PlanButton'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { CopyButton } from '../../ui/CopyButton'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { Section } from '../../ui/Page'
import classes from './Mining.module.css'
import { MiningChangeDocument } from './MiningChangeDialog.generated'

/** What chosen proposals mean for the configuration: which rules come, which go. Nothing is changed here. */
export function MiningChangeDialog(props: { run: string; results: string[] | null; onClose: () => void }) {
  const [{ data, error }] = useReading({
    query: MiningChangeDocument,
    variables: { runId: props.run, resultIds: props.results },
    requestPolicy: 'network-only',
  })
  const change = data?.miningChange
  const byHand = change?.replaced.filter((r) => !r.isMined) ?? []
  const mined = (change?.replaced.length ?? 0) - byHand.length
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t.mining.changeTitle}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      {error ? (
        <ProblemNote problem={toProblem(error)} />
      ) : !change ? (
        <Skeleton lines={5} />
      ) : (
        <div className={classes.change}>
          <p>
            <strong>{t.mining.changeText(change.rules, change.roles)}</strong>:{' '}
            {t.mining.sentence(
              change.explained,
              change.explained + change.unexplained,
              change.given,
              change.unexplained,
            )}
          </p>
          {byHand.length > 0 && (
            <div className={classes.replaced} role="note">
              <strong>{t.mining.replaced(byHand.length)}</strong>
              <span>{byHand.map((r) => `${r.role}: ${r.rule}`).join(', ')}</span>
            </div>
          )}
          {mined > 0 && <p className="dim">{t.mining.replacedMined(mined)}</p>}
          <Section title={t.mining.yaml} aside={<CopyButton text={change.yaml} what={t.mining.yaml} />}>
            <pre className={classes.yaml} tabIndex={0}>
              {change.yaml}
            </pre>
          </Section>
          <p className="dim">{t.mining.planText}</p>
          <div className={classes.buttons}>
            <Button variant="default" onClick={props.onClose}>
              {t.common.close}
            </Button>
            <PlanButton
              main
              label={t.mining.simulate}
              input={() => ({ title: t.mining.planTitle(props.run), yaml: change.yaml })}
            />
          </div>
        </div>
      )}
    </Modal>
  )
}
