import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Suspense, useRef } from 'react'
import { permissions } from '../../lib/permit'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { usePersonChanges } from '../../graphql/usePersonChanges'
import { useReading } from '../../graphql/useReading'
import { formatExact } from '../../lib/format'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { lazyPart } from '../../ui/lazyPart'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { LackingPicker } from './LackingPicker'
import { WhyNotPanel } from './WhyNotPanel'
import { WhySteps } from './WhySteps'
import { WhyHeldDocument, WhyNotDocument } from './WhyTab.generated'
import type { WhySearch } from './whySearch'
import classes from './WhyTab.module.css'

const WhyGraph = lazyPart(() => import('./WhyGraph').then((m) => m.WhyGraph))

const route = getRouteApi('/shell/person/$id/why')

/** Why somebody has something, from the rule to what was read back; and why not, with the smallest change that would give it. */
export function WhyTab() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const { can } = useCan()
  const go = (next: WhySearch) => void navigate({ to: '/person/$id/why', params: { id }, search: next, replace: true })
  const tab = useRef<HTMLDivElement>(null)
  const graph = search.view === 'graph'
  const toggle = () => go({ ...search, view: graph ? undefined : 'graph' })
  useKeys([{ key: 'v', label: t.why.toggle, run: toggle }])
  if (!can(permissions.assignments)) return <EmptyNote title={t.problem.forbiddenTitle} hint={t.problem.forbidden} />
  const asked = search.role !== undefined || search.resourceType !== undefined
  return (
    <div ref={tab} className={classes.tab} tabIndex={0} role="group" aria-label={t.why.title}>
      <div className={classes.bar}>
        <LackingPicker
          ownerId={id}
          onPick={(subject) => {
            go({ ...subject, at: search.at, knownAt: search.knownAt, view: search.view })
            tab.current?.focus() // keys mean the page again
          }}
        />
        <ViewSwitch
          label={t.assignment.view}
          value={graph ? 'graph' : 'text'}
          options={[
            { value: 'text', label: t.why.text },
            { value: 'graph', label: t.why.graph },
          ]}
          onChange={(view) => go({ ...search, view: view === 'graph' ? 'graph' : undefined })}
        />
        {(search.at || search.knownAt) && (
          <span className="dim">
            {search.at && `${t.assignment.asOf} ${formatExact(search.at)}`}{' '}
            {search.knownAt && `${t.assignment.knownAt} ${formatExact(search.knownAt)}`}{' '}
            <Link to="/person/$id/why" params={{ id }} search={{ ...search, at: undefined, knownAt: undefined }}>
              {t.assignment.asOfNow}
            </Link>
          </span>
        )}
      </div>
      {asked ? <Answer id={id} search={search} /> : <EmptyNote title={t.why.choose} hint={t.why.chooseHint} />}
    </div>
  )
}

function Answer({ id, search }: { id: string; search: WhySearch }) {
  const { role, resourceType, property, value, at, knownAt } = search
  const about = { ownerId: id, role, resourceType, property, at, knownAt }
  const [{ data: held, error }, read] = useReading({
    query: WhyHeldDocument,
    variables: { input: about },
    requestPolicy: 'cache-and-network',
  })
  const [{ data: not, error: notError }, readNot] = useReading({
    query: WhyNotDocument,
    variables: { input: { ...about, value } },
    requestPolicy: 'cache-and-network',
  })
  const again = () => {
    read({ requestPolicy: 'network-only' })
    readNot({ requestPolicy: 'network-only' })
  }
  usePersonChanges(id, again, { pause: at !== undefined || knownAt !== undefined })
  const problem = error ?? notError
  if (!held || !not)
    return (
      <div className={classes.answer}>
        {problem ? <ProblemNote problem={toProblem(problem)} onRetry={again} /> : <Skeleton lines={8} />}
      </div>
    )
  return (
    <div className={classes.answer}>
      <h2>{not.whyNot.isGiven ? t.assignment.whyTitle(not.whyNot.name) : t.why.notTitle(not.whyNot.name)}</h2>
      <WhyNotPanel answer={not.whyNot} />
      <Section
        title={not.whyNot.isGiven ? t.why.steps : t.why.stepsNot}
        aside={<span className="dim">{t.why.version(held.explain.modelVersion)}</span>}
      >
        {search.view === 'graph' ? (
          <Suspense fallback={<Skeleton lines={6} />}>
            <WhyGraph nodes={held.explain.nodes} links={held.explain.links} />
          </Suspense>
        ) : (
          <WhySteps steps={held.explain.steps} />
        )}
      </Section>
    </div>
  )
}
