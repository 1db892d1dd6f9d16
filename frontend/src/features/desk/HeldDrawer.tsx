import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { maySeeHolders, maySeePeople } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useMayAskFor } from '../../graphql/useMayAskFor'
import { formatDay, formatLastDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { CopyButton } from '../../ui/CopyButton'
import { Drawer } from '../../ui/Drawer'
import { EmptyNote } from '../../ui/EmptyNote'
import { Fields } from '../../ui/Fields'
import { Section } from '../../ui/Page'
import { Skeleton } from '../../ui/Skeleton'
import classes from './Desk.module.css'
import type { HeldRowFragment } from './desk.generated'
import { heldLooks } from './looks'

/** One thing that one has: why, what it brings, and how to be rid of it. */
export function HeldDrawer(props: { held: HeldRowFragment | null; fetching: boolean; onClose: () => void }) {
  const { held } = props
  return (
    <Drawer
      title={held?.name ?? t.held.item}
      sub={held?.category}
      subject={held?.id ?? ''}
      busy={!held && props.fetching}
      onClose={props.onClose}
      footer={held?.giveBack && <GiveBack held={held} action={held.giveBack} />}
    >
      {held ? (
        <HeldBody held={held} />
      ) : props.fetching ? (
        <Skeleton lines={6} />
      ) : (
        <EmptyNote title={t.held.gone} hint={t.held.goneHint} />
      )}
    </Drawer>
  )
}

function HeldBody({ held }: { held: HeldRowFragment }) {
  const me = useMe()
  const look = heldLooks[held.state]
  const explains = me.resource && maySeeHolders(me) && maySeePeople(me) && held.state !== 'ENDED'
  return (
    <>
      <div className={classes.badges}>
        <Badge tone={look.tone} icon={look.icon} word={look.word} hint={look.hint} />
        <span className="dim">{t.held.by[held.because]}</span>
        {held.asked && <span className="dim">{t.held.asked[held.asked]}</span>}
      </div>
      {held.description && <p data-machine>{held.description}</p>}
      <Fields
        rows={[
          [t.held.why, <span data-machine>{held.why}</span>],
          [t.held.since, formatDay(held.since)],
          [t.held.until, held.until ? formatLastDay(held.until) : t.held.open],
          ...held.parameters.map((p): [string, string] => [p.dimension, p.value]),
        ]}
      />
      <div className={classes.links}>
        {held.requestItemId && held.requestNumber && (
          <Link to="/requests/$itemId" params={{ itemId: held.requestItemId }} search={{}} className="underlined">
            {t.held.request(held.requestNumber)}
          </Link>
        )}
        {explains && (
          <Link
            to="/person/$id/why"
            params={{ id: me.resource?.id ?? '' }}
            search={held.kind === 'ROLE' ? { role: held.identifier } : { resourceType: held.identifier }}
            className="underlined"
          >
            {t.held.explain}
          </Link>
        )}
      </div>
      {held.accounts.length > 0 && (
        <Section title={t.held.accounts}>
          <ul className={classes.accounts}>
            {held.accounts.map((account, at) => {
              const { tone, icon, word, hint } = heldLooks[account.state]
              return (
                <li key={`${account.resourceType} ${at}`}>
                  <span className={classes.account}>
                    {account.name}
                    {account.login ? (
                      <span className={classes.login}>
                        <span className="mono">{account.login}</span>
                        <CopyButton text={account.login} what={account.login} />
                      </span>
                    ) : (
                      <span className="dim">{t.held.noLogin}</span>
                    )}
                  </span>
                  <Badge tone={tone} icon={icon} word={word} hint={hint} />
                </li>
              )
            })}
          </ul>
        </Section>
      )}
    </>
  )
}

function GiveBack({ held, action }: { held: HeldRowFragment; action: NonNullable<HeldRowFragment['giveBack']> }) {
  const me = useMe()
  const person = me.resource
  const mayAsk = useMayAskFor(person ?? undefined)
  if (!mayAsk || !person || (action !== 'REMOVE' && action !== 'DENY')) return null
  return (
    <div className={classes.back}>
      {action === 'REMOVE' && held.until && (
        <>
          <p className="dim">{t.held.extendHint(formatLastDay(held.until))}</p>
          <Button
            renderRoot={(root) => (
              <Link {...root} to="/request" search={{ role: held.identifier, for: person.id, action: 'EXTEND' }} />
            )}
          >
            {t.held.extend}
          </Button>
        </>
      )}
      <p className="dim">{t.held.backHint[action]}</p>
      <Button
        variant="default"
        renderRoot={(root) => (
          <Link {...root} to="/request" search={{ role: held.identifier, for: person.id, action }} />
        )}
      >
        {t.held.back[action]}
      </Button>
    </div>
  )
}
