import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { ResourcePicker } from '../../graphql/ResourcePicker'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { useDraft } from '../../ui/useDraft'
import { reasonOf } from './decisions'
import type { DifferenceDetailFragment } from './DifferenceDrawer.generated'
import type { OrphanDetailQuery } from './OrphanDrawer.generated'
import classes from './Reconciliation.module.css'
import { useDecide } from './useDecide'

export type Orphan = OrphanDetailQuery['accountsWithoutOwner']['nodes'][number]

interface Chosen {
  /** Empty: nobody, and it stays. */
  id: string
  name: string
}

/** Whose an account is: one of those that rules find, or anybody else; no default. */
export function OwnerChoice(props: {
  account: Orphan
  /** The difference that the choice settles; null: nothing recognises the account, and it gets its type, too. */
  item: DifferenceDetailFragment | null
  onDecided: () => void
  reload: () => void
}) {
  const { account, item } = props
  const [asking, setAsking] = useState<Chosen | null>(null)
  const [other, setOther] = useState({ account: account.id, key: '', id: '' })
  const [type, setType] = useState(account.types[0]?.identifier ?? '')
  const [comment, setComment] = useDraft(`difference.${item?.id ?? `account.${account.id}`}`)
  const { busy, decideThese, chooseOwner } = useDecide()
  const picked = other.account === account.id ? other : { account: account.id, key: '', id: '' }
  const kind = account.types.find((each) => each.identifier === type) ?? account.types[0]
  const reason = reasonOf(kind?.comment ?? 'OPTIONAL')
  const name = t.reconcile.accountIn(account.account.displayName, account.systemName ?? '')

  const send = async (chosen: Chosen, reason: string) => {
    const problem = item
      ? await decideThese([item], 'AUTHORIZE', { comment: reason, ownerId: chosen.id }).then(
          ({ problem: lost, failed }) => lost ?? failed[0],
        )
      : await chooseOwner(account.id, kind?.identifier ?? '', chosen.id || undefined, reason)
    setAsking(null)
    if (problem) {
      notifyProblem({ code: problem.code, message: problem.message })
      props.reload()
      return
    }
    setComment('')
    notifyDone(`${chosen.id ? t.reconcile.orphan.given : t.reconcile.decided.AUTHORIZE_WITHOUT_OWNER}: ${name}`)
    props.onDecided()
  }

  return (
    <>
      {!account.owner && (
        <Section title={t.reconcile.orphan.candidates}>
          {account.candidates.length === 0 ? (
            <p className="dim">{t.reconcile.orphan.noCandidates}</p>
          ) : (
            <table className={classes.candidates}>
              <thead>
                <tr>
                  <th scope="col">{t.reconcile.orphan.candidate}</th>
                  <th scope="col">{t.reconcile.orphan.rule}</th>
                  <th scope="col">{t.reconcile.orphan.value}</th>
                  <th scope="col">
                    <span className="sr-only">{t.reconcile.orphan.theirs}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {account.candidates.map((c, at) => (
                  <tr key={`${c.owner.id}-${at}`}>
                    <th scope="row">
                      {c.owner.displayName} <span className="mono dim">{c.owner.key}</span>
                    </th>
                    <td data-machine>{c.reason}</td>
                    <td data-machine>{c.value}</td>
                    <td>
                      <Button
                        variant="default"
                        disabled={busy}
                        onClick={() => setAsking({ id: c.owner.id, name: `${c.owner.displayName}, ${c.owner.key}` })}
                      >
                        {t.reconcile.orphan.theirs}…
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Section>
      )}
      {kind && (
        <Section title={t.reconcile.orphan.choose}>
          <div className={classes.choice}>
            {account.types.length > 1 && (
              <NativeSelect
                className={classes.wide}
                label={t.reconcile.orphan.type}
                value={kind.identifier}
                data={account.types.map((each) => ({ value: each.identifier, label: each.displayName }))}
                onChange={(event) => setType(event.currentTarget.value)}
              />
            )}
            <div className={classes.wide}>
              <ResourcePicker
                key={`${account.id} ${kind.ownerEntityType}`}
                label={t.reconcile.orphan.person}
                entityType={kind.ownerEntityType}
                value={picked.key}
                onChange={(key, id) => setOther({ account: account.id, key, id })}
              />
            </div>
            <div className={classes.buttons}>
              <Button
                variant="default"
                disabled={busy || picked.id === ''}
                onClick={() => setAsking({ id: picked.id, name: picked.key })}
              >
                {t.reconcile.orphan.give}…
              </Button>
              {item === null && (
                <Button variant="default" disabled={busy} onClick={() => setAsking({ id: '', name: '' })}>
                  {t.reconcile.orphan.keep}…
                </Button>
              )}
            </div>
          </div>
        </Section>
      )}
      {asking && (
        <ConfirmDialog
          title={asking.id ? t.reconcile.orphan.askOwner(name, asking.name) : t.reconcile.orphan.askKeep(name)}
          text={asking.id ? t.reconcile.orphan.ownerText : t.reconcile.consequence.AUTHORIZE_WITHOUT_OWNER}
          action={asking.id ? t.reconcile.decisions.AUTHORIZE : t.reconcile.decisions.AUTHORIZE_WITHOUT_OWNER}
          busy={busy}
          reason={reason && { ...reason, value: comment, onChange: setComment }}
          onConfirm={(reason) => void send(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  )
}
