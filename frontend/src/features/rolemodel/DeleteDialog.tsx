import { Button, Modal } from '@mantine/core'
import { t } from '../../lib/texts'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Editor.module.css'
import { PlanPanel } from './PlanPanel'
import { kindOf, type KindShape } from './shape'
import { useDeletion } from './useDeletion'

/** Deletes an object after a look at what that changes. What others need is not deleted, unless with the rules that need it. */
export function DeleteDialog(props: {
  kind: string
  identifier: string
  name: string
  onClose: () => void
  onDeleted: () => void
}) {
  const kind = kindOf(props.kind)
  if (!kind) return null
  return <Open {...props} shape={kind} />
}

function Open(props: {
  shape: KindShape
  identifier: string
  name: string
  onClose: () => void
  onDeleted: () => void
}) {
  const { plan, refused, leaning, busy, withRules, proposal, remove } = useDeletion(props.shape, props.identifier)
  return (
    <Modal
      opened
      size="lg"
      onClose={props.onClose}
      title={t.edit.deleteTitle(props.name)}
      closeButtonProps={{ 'aria-label': t.common.close }}
    >
      <div className={classes.form}>
        {!plan && !refused && <Skeleton lines={3} />}
        {refused && <ProblemNote problem={refused} title={t.edit.deleteNeeded} />}
        {refused && leaning.length > 0 && (
          <div data-machine>
            <p className="dim">{t.edit.deleteWithHint}</p>
            <ul>
              {leaning.map((r) => (
                <li key={`${r.kind} ${r.rule}`}>
                  <strong>{r.ownerName}</strong>: {r.sentence}
                </li>
              ))}
            </ul>
          </div>
        )}
        {plan && <p>{t.edit.deleteText}</p>}
        {plan && <PlanPanel plan={plan} busy={busy} simulate={proposal} />}
        <div className={classes.end}>
          <Button variant="default" onClick={props.onClose}>
            {t.common.cancel}
          </Button>
          {refused && leaning.length > 0 && (
            <Button variant="default" loading={busy} onClick={() => void withRules()}>
              {t.edit.deleteWith(leaning.length)}
            </Button>
          )}
          {plan && (
            <Button
              color="red"
              loading={busy}
              data-autofocus
              onClick={() => void remove().then((gone) => gone && props.onDeleted())}
            >
              {t.common.delete}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  )
}
