import { Button, TextInput } from '@mantine/core'
import { useMe } from '../../graphql/SessionContext'
import type { OrderKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import classes from './DecisionBar.module.css'
import type { Ticket } from './useTicket'

/** What the operator types and presses below the instruction. */
export function TicketBar({ order, ...ticket }: Ticket & { order: { kind: OrderKind; assignee: string | null } }) {
  const { username } = useMe()
  return (
    <div className={classes.foot}>
      {order.kind === 'CREATE' && (
        <TextInput
          label={`${t.manual.createdKey} (${t.common.optional})`}
          description={t.manual.createdKeyHint}
          value={ticket.createdKey}
          maxLength={400}
          onChange={(event) => ticket.setCreatedKey(event.currentTarget.value)}
        />
      )}
      <TextInput
        aria-label={t.common.comment}
        placeholder={`${t.common.comment} (${t.common.optional})`}
        maxLength={4000}
        value={ticket.comment}
        onChange={(event) => ticket.setComment(event.currentTarget.value)}
      />
      {ticket.offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        <Button
          loading={ticket.sending}
          disabled={ticket.offline}
          onClick={() => void ticket.sendDone()}
          rightSection={<kbd>a</kbd>}
        >
          {t.manual.done}
        </Button>
        <Button variant="default" disabled={ticket.busy} onClick={ticket.ask} rightSection={<kbd>d</kbd>}>
          {t.manual.report}
        </Button>
        {(!order.assignee || order.assignee === username) && (
          <Button
            variant="subtle"
            color="gray"
            disabled={ticket.busy}
            onClick={() => void ticket.toggleTaken()}
            rightSection={<kbd>t</kbd>}
          >
            {order.assignee ? t.manual.release : t.manual.take}
          </Button>
        )}
      </div>
    </div>
  )
}
