import { Button } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useCan } from '../../graphql/SessionContext'
import { useKindName } from '../../graphql/useKindName'
import { useReading } from '../../graphql/useReading'
import { formatName, formatTook, formatValue } from '../../lib/format'
import { permissions } from '../../lib/permit'
import { deliveryStates, healthStates } from '../../lib/states'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { CounterList } from '../../ui/CounterList'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { RelativeTime } from '../../ui/RelativeTime'
import { Skeleton } from '../../ui/Skeleton'
import { BlockedDelivery } from './BlockedDelivery'
import type { DeliveryRowFragment } from './BlockedDelivery.generated'
import type { ConnectorRowFragment } from './ConnectorListPage.generated'
import {
  ActivateConnectorDocument,
  CheckConnectorDocument,
  ConnectorDetailDocument,
  DeactivateConnectorDocument,
} from './ConnectorPage.generated'
import classes from './ConnectorPage.module.css'
import { HeldOrders } from './HeldOrders'

const route = getRouteApi('/shell/systems/$connector')

/** One system: how it is connected, how it does, what was read from it. */
export function ConnectorPage() {
  const { connector: identifier } = route.useParams()
  const [{ data, error, fetching }, read] = useReading({
    query: ConnectorDetailDocument,
    variables: { connector: identifier },
    requestPolicy: 'cache-and-network',
  })
  const kindName = useKindName()
  const connector = data?.connectorsPage.nodes[0]
  if (!connector) {
    return (
      <Page title={t.system.title} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
        ) : fetching ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
        )}
      </Page>
    )
  }
  const blocked = connector.deliveries?.find((delivery) => delivery.state === 'BLOCKED')
  return (
    <Page
      title={connector.displayName}
      heading={
        <>
          {connector.displayName} <Badge {...healthStates[connector.health]} />
        </>
      }
      hint={
        <>
          {connector.mode === 'CONTINUOUS' ? t.system.continuous : t.system.scheduled} · {t.system.lastRead}{' '}
          <RelativeTime at={connector.lastSynchronizedAt} />
        </>
      }
      actions={<ConnectorActions connector={connector} />}
      scroll
    >
      {connector.healthMessage && (!blocked || connector.rowsToMend > 0) && (
        <p className={classes.message} data-machine>
          {!blocked && connector.healthMessage}
          {connector.rowsToMend > 0 && (
            <>
              {' '}
              <Link to="/systems/$connector/rows" params={{ connector: identifier }}>
                {t.system.mendCount(connector.rowsToMend)}
              </Link>
            </>
          )}
        </p>
      )}
      {blocked && (
        <section className={classes.blocked} aria-labelledby="blocked">
          <h2 id="blocked">
            <IconHandStop size={18} aria-hidden /> {t.job.deliveryBlocked}
          </h2>
          <BlockedDelivery
            delivery={blocked}
            system={connector.displayName}
            onDecided={() => read({ requestPolicy: 'network-only' })}
          />
          <Link to="/deliveries/$id" params={{ id: blocked.id }}>
            {t.system.lookAtChanges}
          </Link>
        </section>
      )}
      <HeldOrders connector={connector} />
      <div className={classes.two}>
        <Section title={t.system.connections} panel>
          {connector.connections.map((c) => (
            <div key={c.id} className={classes.connection}>
              <h3>{c.displayName}</h3>
              <Fields
                rows={[
                  [
                    t.system.package,
                    c.isManual ? t.system.manual : (t.system.packages[c.package] ?? formatName(c.package)),
                  ],
                  ...c.settings.map(({ name, value }): [string, string] => [formatName(name), formatValue(value)]),
                  [
                    t.system.secrets,
                    c.secretsSet.length ? c.secretsSet.map(formatName).join(', ') : t.system.noSecrets,
                  ],
                  [
                    t.system.lastCheck,
                    c.lastCheckAt ? (
                      <>
                        <RelativeTime at={c.lastCheckAt} />:{' '}
                        {c.lastCheckError ? (
                          <span className={classes.error} data-machine>
                            {c.lastCheckError}
                          </span>
                        ) : (
                          t.system.checkOk
                        )}
                      </>
                    ) : null,
                  ],
                ]}
              />
            </div>
          ))}
        </Section>
        <Section title={t.system.resourceTypes} panel>
          <Fields
            rows={[
              [t.system.entityTypes, connector.entityTypes.map(kindName).join(', ')],
              [t.system.resourceTypes, connector.resourceTypes.map(formatName).join(', ')],
            ]}
          />
        </Section>
      </div>
      <Section title={t.system.deliveries}>
        {!connector.deliveries?.length ? (
          <EmptyNote title={t.system.noDeliveries} hint={t.system.noDeliveriesHint} />
        ) : (
          <ul className={classes.deliveries}>
            {connector.deliveries.map((delivery) => (
              <li key={delivery.id}>
                <DeliveryLine delivery={delivery} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </Page>
  )
}

function DeliveryLine({ delivery }: { delivery: DeliveryRowFragment }) {
  return (
    <Link to="/deliveries/$id" params={{ id: delivery.id }} className={classes.delivery}>
      <Badge {...deliveryStates[delivery.state]} spin={delivery.state === 'EXPORTING'} />
      <span>{t.job.deliveryMode[delivery.mode]}</span>
      <RelativeTime at={delivery.startedAt} />
      <span className="dim num">
        {delivery.endedAt ? formatTook(Date.parse(delivery.endedAt) - Date.parse(delivery.startedAt)) : ''}
      </span>
      <span className={classes.counters}>
        {delivery.error ? (
          <span className={classes.error} data-machine>
            {delivery.error}
          </span>
        ) : (
          <CounterList counts={Object.entries(delivery.counts)} />
        )}
      </span>
    </Link>
  )
}

function ConnectorActions({ connector }: { connector: ConnectorRowFragment }) {
  const { can } = useCan()
  const [checking, check] = useMutation(CheckConnectorDocument)
  const [activating, activate] = useMutation(ActivateConnectorDocument)
  const [deactivating, deactivate] = useMutation(DeactivateConnectorDocument)
  const [asking, setAsking] = useState(false)
  if (!can(permissions.connectorsUpdate)) return null
  const input = { identifier: connector.identifier }
  const act = async (send: typeof check | typeof activate | typeof deactivate, done: string) => {
    const { error } = await send({ input })
    setAsking(false)
    if (error) notifyProblem(toProblem(error))
    else notifyDone(`${connector.displayName}: ${done}`)
  }
  return (
    <>
      <Button variant="default" loading={checking.fetching} onClick={() => void act(check, t.system.checked)}>
        {t.system.check}
      </Button>
      {connector.isDeactivated ? (
        <Button onClick={() => setAsking(true)}>{t.system.activate}…</Button>
      ) : (
        <Button variant="default" onClick={() => setAsking(true)}>
          {t.system.deactivate}
        </Button>
      )}
      {asking && (
        <ConfirmDialog
          {...(connector.isDeactivated
            ? {
                title: t.system.activateTitle(connector.displayName),
                text: t.system.activateText,
                action: t.system.activate,
                onConfirm: () => void act(activate, t.system.activated),
              }
            : {
                title: t.system.deactivateTitle(connector.displayName),
                text: t.system.deactivateText,
                action: t.system.deactivate.replace('…', ''),
                danger: true,
                onConfirm: () => void act(deactivate, t.system.deactivated),
              })}
          busy={activating.fetching || deactivating.fetching}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}
