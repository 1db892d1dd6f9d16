import { getRouteApi, Link, useNavigate, useParams } from '@tanstack/react-router'
import { Button } from '@mantine/core'
import { use, useState } from 'react'
import { mayAttachRisks } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { actorName } from '../../lib/actor'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { formatExact, formatPeriod } from '../../lib/format'
import { t } from '../../lib/texts'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { AttachDialog, DetachDialog } from './AttachDialog'
import { ListAgain } from './listAgain'
import { LevelBadge } from './LevelBadge'
import { IdentifiedRiskDetailDocument } from './risk.generated'
import classes from './Risk.module.css'

const route = getRouteApi('/shell/risks/identified')

/** A risk that somebody has: what makes it up, and why each part is held. */
export function IdentifiedDrawer() {
  const { identified: id = '' } = useParams({ strict: false })
  const search = route.useSearch()
  const navigate = useNavigate()
  const [{ data, error }, read] = useReading({ query: IdentifiedRiskDetailDocument, variables: { id } })
  const found = data?.identifiedRisk
  const me = useMe()
  const [asking, setAsking] = useState(false)
  const close = () => void navigate({ to: '/risks/identified', search })
  const list = use(ListAgain)
  const again = () => {
    read({ requestPolicy: 'network-only' })
    list()
  }
  const isOwn = found?.owner.id === me.resource?.id
  return (
    <Drawer
      title={found ? `${found.owner.displayName}: ${found.risk.displayName}` : t.risk.name}
      sub={found && <LevelBadge level={found.risk.level} />}
      subject={id}
      onClose={close}
      footer={
        found &&
        mayAttachRisks(me) &&
        !(found.attachment && isOwn) && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {found.attachment ? t.risk.detach : t.risk.attach}
          </Button>
        )
      }
    >
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={again} />
      ) : !data ? (
        <Skeleton />
      ) : !found ? (
        <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
      ) : (
        <>
          <Fields
            rows={[
              [
                t.risk.who,
                <Link key="who" to="/person/$id" params={{ id: found.owner.id }}>
                  {found.owner.displayName}, {found.owner.key}
                </Link>,
              ],
              [t.risk.type, t.risk.types[found.risk.riskType]],
              [t.risk.description, found.risk.description],
              [t.risk.remediation, found.risk.remediation],
              [t.risk.when, formatPeriod(found.startDate, found.endDate)],
              [t.risk.since, formatExact(found.detectedAt)],
              [
                t.risk.attachedBy,
                found.attachment && (
                  <span key="attached">
                    {t.risk.attachedLine(
                      actorName(found.attachment.by, found.attachment.byName),
                      formatExact(found.attachment.at),
                    )}
                    <br />
                    {found.attachment.reason}
                  </span>
                ),
              ],
            ]}
          />
          <Section title={t.risk.made}>
            {!found.isComputed && <p className="dim">{t.risk.notComputed}</p>}
            <ul className={classes.items}>
              {found.contributors.map((c) => (
                <li key={`${String(c.item)} ${c.account?.id ?? ''} ${c.value?.id ?? ''}`}>
                  {t.risk.item(c.resourceTypeDisplayName, c.propertyDisplayName, c.value?.displayName ?? t.risk.any)}
                  <p className="dim">
                    {[
                      c.account && `${t.risk.account} ${c.account.displayName}`,
                      c.exists && t.risk.exists,
                      c.isExpected && t.risk.expected,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                  {c.reasons.map((reason) => (
                    <p key={reason}>{reason}</p>
                  ))}
                </li>
              ))}
            </ul>
          </Section>
          {asking &&
            (found.attachment ? (
              <DetachDialog
                id={found.id}
                risk={found.risk}
                person={found.owner}
                onClose={() => setAsking(false)}
                onDone={(isOver) => {
                  if (isOver) close()
                  again()
                }}
              />
            ) : (
              <AttachDialog risk={found.risk} person={found.owner} onClose={() => setAsking(false)} onDone={again} />
            ))}
        </>
      )}
    </Drawer>
  )
}
