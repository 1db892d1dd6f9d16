import { Button } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { PlanButton } from '../../graphql/PlanButton'
import { useCan } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { actorName } from '../../lib/actor'
import { permissions } from '../../lib/permit'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { EmptyNote } from '../../ui/EmptyNote'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { isMoving, planStates } from './looks'
import classes from './Plan.module.css'
import { ApplyPlanDocument, CancelPlanDocument, DeletePlanDocument, PlanDetailDocument } from './plan.generated'
import { PlanGroups } from './PlanGroups'
import { PlanItems } from './PlanItems'
import { PlanProgress } from './PlanProgress'
import { PlanSum } from './PlanSum'
import { parsePlanSearch, planEffects, planViews, type PlanSearch } from './planSearch'
import { PlansChangedDocument } from '../../graphql/live.generated'
import { useTold } from '../../graphql/useTold'

type Asked = 'apply' | 'delete'

/** Everything that a change would do, to be read like a diff, and applied exactly so. */
export function PlanPage() {
  const { planId = '' } = useParams({ strict: false })
  const search = parsePlanSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const { can } = useCan()
  const [asking, setAsking] = useState<Asked | null>(null)
  const [{ data, error, fetching }, read] = useReading({
    query: PlanDetailDocument,
    variables: { id: planId },
    requestPolicy: 'cache-and-network',
  })
  const reload = () => read({ requestPolicy: 'network-only' })
  const plan = data?.storedPlan
  useTold(PlansChangedDocument, {}, reload)
  const [applying, apply] = useMutation(ApplyPlanDocument)
  const [stopping, cancel] = useMutation(CancelPlanDocument)
  const [deleting, remove] = useMutation(DeletePlanDocument)
  const narrow = (change: Partial<PlanSearch>) =>
    void navigate({ to: '/plans/$planId', params: { planId }, search: { ...search, ...change }, replace: true })

  if (!plan) {
    return (
      <Page title={t.plan.numbered(planId)} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={reload} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.what.NOT_FOUND} />
        )}
      </Page>
    )
  }

  const confirm = async () => {
    const { error: failure } = await (asking === 'apply'
      ? apply({ input: { id: planId } })
      : remove({ input: { id: planId } }))
    setAsking(null)
    if (failure) return notifyProblem(toProblem(failure))
    if (asking === 'delete') {
      notifyDone(t.plan.deleted)
      void navigate({ to: '/plans' })
    } else reload()
  }
  const stop = async () => {
    const { error: failure } = await cancel({ input: { id: planId } })
    if (failure) notifyProblem(toProblem(failure))
    else notifyDone(t.plan.cancelled)
  }
  const view = search.view ?? 'ROLE'
  const mayAct = can(permissions.plansStart)
  const isRead = plan.state === 'FINISHED' || plan.state === 'APPLIED' || plan.state === 'OUT_OF_DATE'
  return (
    <Page
      title={t.plan.numbered(plan.id)}
      heading={
        <>
          {t.plan.numbered(plan.id)} {plan.title} <Badge {...planStates[plan.state]} spin={isMoving(plan.state)} />
        </>
      }
      hint={
        <>
          {actorName(plan.actor, plan.actorName)} · <RelativeTime at={plan.createdAt} />
          {plan.appliedAt && (
            <>
              {' · '}
              {t.plan.appliedBy} {plan.appliedBy} <RelativeTime at={plan.appliedAt} />
            </>
          )}
        </>
      }
      actions={
        mayAct && (
          <>
            {(plan.state === 'QUEUED' || plan.state === 'RUNNING' || plan.state === 'FINISHED') && (
              <Button variant="default" loading={stopping.fetching} onClick={() => void stop()}>
                {plan.state === 'FINISHED' ? t.plan.giveUp : t.plan.cancel}
              </Button>
            )}
            {!isMoving(plan.state) && plan.state !== 'FINISHED' && (
              <PlanButton label={t.plan.again} input={() => ({ again: plan.id })} />
            )}
            {!isMoving(plan.state) && plan.state !== 'APPLIED' && (
              <Button variant="default" onClick={() => setAsking('delete')}>
                {t.plan.delete}
              </Button>
            )}
            {plan.state === 'FINISHED' && plan.summary && !plan.summary.isDated && !plan.summary.isImagined && (
              <Button onClick={() => setAsking('apply')}>{t.plan.apply}</Button>
            )}
          </>
        )
      }
      nav={
        <>
          <div className={classes.head}>
            {isMoving(plan.state) && (
              <div role="status">
                {t.plan.people(plan.done, plan.total)}
                <PlanProgress plan={plan} />
              </div>
            )}
            {plan.failure && (
              <ProblemNote
                title={planStates[plan.state].word}
                problem={{ code: plan.state === 'OUT_OF_DATE' ? 'OUT_OF_DATE' : 'VALIDATION', message: plan.failure }}
              />
            )}
            {plan.moved.length > 0 && (
              <Section title={t.plan.moved}>
                <ul className={classes.notes}>
                  {plan.moved.map((moved) => (
                    <li key={moved.ownerId}>
                      {moved.displayName}: {moved.why}
                    </li>
                  ))}
                </ul>
              </Section>
            )}
            {plan.summary && <PlanSum sum={plan.summary} objects={plan.changes.length} edits={plan.edits.length} />}
            {plan.overlaps.length > 0 && (
              <p>
                {t.plan.overlaps}{' '}
                {plan.overlaps.map((other) => (
                  <Link key={other.id} className={classes.link} to="/plans/$planId" params={{ planId: other.id }}>
                    {t.plan.numbered(other.id)} {other.title}{' '}
                  </Link>
                ))}
              </p>
            )}
            {plan.problems.length > 0 && (
              <ul className={classes.notes}>
                {plan.problems.slice(0, 20).map((problem) => (
                  <li key={problem.kind + problem.identifier + problem.field + problem.message}>
                    {problem.severity === 'ERROR' ? t.plan.error : t.plan.warning}:{' '}
                    <code>{[problem.kind, problem.identifier, problem.field].filter(Boolean).join(' ')}</code>:{' '}
                    {problem.message}
                  </li>
                ))}
              </ul>
            )}
            {plan.changes.length > 0 && (
              <details>
                <summary>
                  {t.plan.changes} · {t.plan.objects(plan.changes.length)}
                </summary>
                <ul className={classes.objects}>
                  {plan.changes.map((change) => (
                    <li key={change.kind + change.identifier}>
                      {change.kind} {change.identifier} · {t.plan.objectAction[change.action]}
                      {change.action === 'UPDATE' && (
                        <ul>
                          {change.fields.map((field) => (
                            <li key={field.path}>
                              <code>
                                {field.path}: {field.before ?? '–'} → {field.after ?? '–'}
                              </code>
                            </li>
                          ))}
                        </ul>
                      )}
                    </li>
                  ))}
                </ul>
              </details>
            )}
            {plan.edits.length > 0 && (
              <details open>
                <summary>
                  {t.plan.edits} · {t.plan.resources(plan.edits.length)}
                </summary>
                <ul className={classes.objects}>
                  {plan.edits.map((edit) => (
                    <li key={edit.id}>
                      {edit.action === 'CREATE' ? (
                        edit.displayName
                      ) : (
                        <Link className={classes.link} to="/person/$id" params={{ id: edit.id }}>
                          {edit.displayName}
                        </Link>
                      )}{' '}
                      <span className="mono dim">{edit.key}</span> · {t.plan.objectAction[edit.action]}
                      <ul>
                        {edit.fields.map((field) => (
                          <li key={field.path}>
                            <code>
                              {field.path}: {field.before ?? '–'} → {field.after ?? '–'}
                            </code>
                          </li>
                        ))}
                      </ul>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </div>
          {isRead && (
            <div className={classes.views}>
              <ViewSwitch
                label={t.plan.view}
                value={view}
                options={planViews.map((value) => ({ value, label: t.plan.views[value] }))}
                onChange={(next) => narrow({ view: next === 'ROLE' ? undefined : next, group: undefined })}
              />
              {(view === 'rows' || search.group !== undefined) && (
                <div className={classes.buttons} style={{ justifyContent: 'flex-start' }}>
                  {search.group !== undefined && (
                    <Button variant="default" onClick={() => narrow({ group: undefined })}>
                      {t.plan.back}
                    </Button>
                  )}
                  <SearchFilter
                    label={t.plan.search}
                    placeholder={t.plan.searchHint}
                    value={search.text}
                    onChange={(text) => narrow({ text })}
                  />
                  <SelectFilter
                    label={t.plan.effect}
                    any={t.plan.anyEffect}
                    value={search.effect}
                    options={planEffects.map((value) => ({ value, label: t.plan.effects[value] }))}
                    onChange={(effect) => narrow({ effect })}
                  />
                  <SelectFilter
                    label={t.plan.waits}
                    any={t.plan.anyWait}
                    value={search.waits}
                    options={[
                      { value: 'review', label: t.plan.review },
                      { value: 'ticket', label: t.plan.ticket },
                    ]}
                    onChange={(waits) => narrow({ waits })}
                  />
                </div>
              )}
            </div>
          )}
        </>
      }
    >
      {!isRead ? null : view === 'rows' || search.group !== undefined ? (
        <PlanItems
          id={planId}
          search={search}
          onClear={() => narrow({ text: undefined, effect: undefined, waits: undefined })}
        />
      ) : (
        <PlanGroups id={planId} by={view} search={search} onOpen={(group) => narrow({ group })} />
      )}
      {asking && (
        <ConfirmDialog
          title={asking === 'apply' ? t.plan.applyTitle(plan.id) : t.plan.deleteTitle(plan.id)}
          text={asking === 'apply' ? t.plan.applyText(plan.summary?.people ?? 0) : t.plan.deleteText}
          action={asking === 'apply' ? t.plan.apply : t.plan.delete}
          danger={asking === 'delete'}
          busy={applying.fetching || deleting.fetching}
          onConfirm={() => void confirm()}
          onClose={() => setAsking(null)}
        />
      )}
    </Page>
  )
}
