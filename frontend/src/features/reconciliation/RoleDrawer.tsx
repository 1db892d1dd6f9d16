import { Button, TextInput } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useReconciliationChanges } from '../../graphql/live'
import { toProblem } from '../../graphql/problem'
import { mayReconcileResources } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { ReconciliationDecision } from '../../graphql/types.generated'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { can, permissions } from '../../lib/permit'
import { neighbour } from '../../lib/selection'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { useKeys } from '../../ui/keys'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { useQueue } from '../../ui/queue'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { useDraft } from '../../ui/useDraft'
import { AutomaticNote } from './AutomaticNote'
import { activationOf, isAtOnce, isDangerous, keyOf, reasonOf } from './decisions'
import { MakeRule, ruleOfRole, useMayMakeRule } from './MakeRule'
import classes from './Reconciliation.module.css'
import type { RoleSearch } from './reconcileSearch'
import { rolePhrase, roleStateLooks, valueWords } from './roles'
import { FoundRoleDetailDocument, type FoundRoleRowFragment } from './RolesTab.generated'
import { useDecideRoles } from './useDecideRoles'

/** One found role to decide, beside the list. */
export function RoleDrawer() {
  const { foundId = '' } = useParams({ strict: false })
  const search = useSearch({ strict: false }) as RoleSearch
  const navigate = useNavigate()
  const queue = useQueue()
  const [{ data, error, fetching }, read] = useReading({
    query: FoundRoleDetailDocument,
    variables: { id: foundId },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  useReconciliationChanges(reload)
  const item = data?.roleReconciliationItem?.id === foundId ? data.roleReconciliationItem : null
  const close = () => void navigate({ to: '/reconcile/roles', search })
  const decided = () => {
    const next = neighbour(foundId, queue.ids)
    queue.onDecided(foundId)
    if (next && next !== foundId)
      void navigate({ to: '/reconcile/roles/$foundId', params: { foundId: next }, search, replace: true })
    else close()
  }
  return (
    <Drawer
      title={item ? `${item.roleName} · ${item.owner.displayName}` : t.reconcile.role.one}
      subject={item?.id ?? ''}
      busy={!item && fetching}
      onClose={close}
      sub={
        item && (
          <>
            <Badge {...roleStateLooks[item.state]} />
            <RelativeTime at={item.foundAt} />
          </>
        )
      }
      footer={item && <RoleBar key={item.id} item={item} onDecided={decided} reload={reload} />}
    >
      {item ? (
        <RoleBody item={item} />
      ) : error ? (
        <ProblemNote problem={toProblem(error)} onRetry={reload} />
      ) : fetching ? (
        <Skeleton lines={8} />
      ) : (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
      )}
    </Drawer>
  )
}

/** From what the role was read, what keeping it adds, and what was decided. */
function RoleBody({ item }: { item: FoundRoleRowFragment }) {
  const me = useMe()
  const navigate = useNavigate()
  const place = ruleOfRole(item.role, item.roleKind)
  const isForRules = useMayMakeRule() && (item.state === 'NON_CONFORMING' || item.state === 'PRE_EXISTING')
  useKeys(isForRules ? [{ key: 'n', label: t.suggestion.make, run: () => void navigate(place) }] : [])
  const opens = me.scopes.queryResources.includes(item.owner.entityType)
  return (
    <>
      <p>{t.reconcile.role.stateHint[item.state]}</p>
      {item.roleKind === 'COMPOSITE' && <p>{t.reconcile.role.composite(item.singleRoleNames)}</p>}
      {item.compositeName && <p>{t.reconcile.role.ofComposite(item.compositeName)}</p>}
      <AutomaticNote of={item.automatic} />
      {item.postponedAt && (
        <p className="dim">
          {t.reconcile.postponed} {t.common.by(actorName(item.postponedBy ?? '', item.postponedByName))},{' '}
          <RelativeTime at={item.postponedAt} />
          {item.comment && `: ${item.comment}`}
        </p>
      )}
      {item.decidedBy && item.decidedAt && (
        <p className="dim">
          {t.reconcile.role.states[item.state]} {t.common.by(actorName(item.decidedBy, item.decidedByName))},{' '}
          <RelativeTime at={item.decidedAt} />
          {item.comment && `: ${item.comment}`}
        </p>
      )}
      {item.values.length > 0 && (
        <Section title={t.reconcile.role.values}>
          <ul className={classes.failures}>
            {item.values.map((value, at) => (
              <li key={at}>
                <span>
                  <span data-machine>{valueWords(value)}</span>{' '}
                  <span className="dim">
                    {value.isHeld ? t.reconcile.role.held : t.reconcile.role.lacking} ·{' '}
                    {value.propertyName && `${value.propertyName} · `}
                    {t.reconcile.role.wherever(value.resourceTypeName, value.systemName ?? '')}
                    {value.account && ` · ${value.account.displayName}`}
                  </span>
                </span>
                {value.itemId && mayReconcileResources(me) && (
                  <Link
                    to="/reconcile/resources/$itemId"
                    params={{ itemId: value.itemId }}
                    search={{ view: 'rows' }}
                    className="underlined"
                  >
                    {t.reconcile.item}
                  </Link>
                )}
              </li>
            ))}
          </ul>
          {item.decisions.includes('KEEP_ROLE') && <p>{t.reconcile.role.adds(item.lackingCount)}</p>}
        </Section>
      )}
      <Section title={t.reconcile.role.person}>
        <Fields
          rows={[
            [
              t.reconcile.owner,
              <>
                {opens ? (
                  <Link to="/person/$id" params={{ id: item.owner.id }} className="underlined">
                    {item.owner.displayName}
                  </Link>
                ) : (
                  item.owner.displayName
                )}{' '}
                <span className="mono dim">{item.owner.key}</span>
                {item.isOwnerGone && <span className="dim"> ({t.reconcile.gone})</span>}
              </>,
            ],
            [
              t.reconcile.role.name,
              opens && can(me.permissions, permissions.assignments) && (
                <Link
                  to="/person/$id/why"
                  params={{ id: item.owner.id }}
                  search={{ role: item.role }}
                  className="underlined"
                >
                  {t.reconcile.role.why}
                </Link>
              ),
            ],
            [t.suggestion.rule, isForRules && <MakeRule place={place} />],
          ]}
        />
      </Section>
    </>
  )
}

/** The comment and the decisions below one found role, with their keys. */
function RoleBar(props: { item: FoundRoleRowFragment; onDecided: () => void; reload: () => void }) {
  const { item } = props
  const [comment, setComment] = useDraft(`found-role.${item.id}`)
  const [asking, setAsking] = useState<ReconciliationDecision | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const { busy, decideThese } = useDecideRoles()
  const offline = useOfflineSince() !== null
  const held = offline || busy
  const send = async (decision: ReconciliationDecision, reason: string) => {
    const { failed, problem } = await decideThese([item], decision, reason)
    setAsking(null)
    const refused = problem ?? failed[0]
    if (refused) {
      notifyProblem({ code: refused.code, message: refused.message })
      return props.reload()
    }
    setComment('')
    notifyDone(`${t.reconcile.decided[decision]}: ${rolePhrase(item)}`)
    props.onDecided()
  }
  const choose = (decision: ReconciliationDecision) => {
    if (held) return
    if (isAtOnce(decision)) void send(decision, comment)
    else setAsking(decision)
  }
  useKeys(
    item.isOwn || held
      ? []
      : [
          ...item.decisions.flatMap((decision) => {
            const key = keyOf[decision]
            return key ? [{ key, label: t.reconcile.decisions[decision], run: () => choose(decision) }] : []
          }),
          { key: 'c', label: t.reconcile.comment, run: () => field.current?.focus() },
        ],
  )
  if (item.isOwn)
    return (
      <p className="dim" role="status">
        {t.reconcile.role.own}
      </p>
    )
  return (
    <div className={classes.foot}>
      <TextInput
        ref={field}
        aria-label={t.reconcile.comment}
        placeholder={`${t.reconcile.comment} (${t.common.optional})`}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            event.currentTarget.blur()
          }
        }}
      />
      {offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        {item.decisions.map((decision) => (
          <Button
            key={decision}
            variant={decision === 'KEEP_ROLE' ? 'filled' : isAtOnce(decision) ? 'subtle' : 'default'}
            color={isDangerous(decision) ? 'red' : isAtOnce(decision) ? 'gray' : undefined}
            className={isDangerous(decision) ? classes.danger : undefined}
            disabled={held}
            onClick={() => choose(decision)}
            rightSection={keyOf[decision] && <kbd>{keyOf[decision]}</kbd>}
          >
            {t.reconcile.decisions[decision]}
            {isAtOnce(decision) ? '' : '…'}
          </Button>
        ))}
      </div>
      {asking && (
        <ConfirmDialog
          title={t.reconcile.ask[asking](rolePhrase(item))}
          text={
            <>
              <p>{t.reconcile.consequence[asking]}</p>
              {asking === 'KEEP_ROLE' && <p>{t.reconcile.role.adds(item.lackingCount)}</p>}
            </>
          }
          action={t.reconcile.decisions[asking]}
          danger={isDangerous(asking)}
          reason={withDraft(reasonOf(activationOf(asking, [item])), comment, setComment)}
          busy={busy}
          onConfirm={(reason) => void send(asking, reason)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  )
}

const withDraft = (reason: ReturnType<typeof reasonOf>, value: string, onChange: (text: string) => void) =>
  reason && { ...reason, value, onChange }
