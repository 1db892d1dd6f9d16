import { Button, TextInput } from '@mantine/core'
import type { Ref } from 'react'
import type { OrderKind } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import classes from './DecisionBar.module.css'
import type { Decision } from './useDecision'

/** The comment and the buttons below the order. */
export function DecisionBar({ kind, field, ...d }: Decision & { kind: OrderKind; field: Ref<HTMLInputElement> }) {
  return (
    <div className={classes.foot}>
      <TextInput
        ref={field}
        aria-label={t.review.comment}
        placeholder={`${t.review.comment} (${t.common.optional})`}
        maxLength={4000}
        value={d.comment}
        onChange={(event) => d.setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation()
            event.currentTarget.blur()
          }
        }}
      />
      {d.refused && (
        <p role="alert" className={classes.refused}>
          {d.refused}
        </p>
      )}
      {d.offline && <p className="dim">{t.app.offlineHint}</p>}
      <div className={classes.buttons}>
        <Button loading={d.sending} disabled={d.offline} onClick={d.approve} rightSection={<kbd>a</kbd>}>
          {d.isErrored ? t.order.unblock : d.mixed ? t.review.confirmLines : t.review.approveKind[kind]}
        </Button>
        <Button variant="default" disabled={d.busy} onClick={() => d.ask('decline')} rightSection={<kbd>d</kbd>}>
          {t.review.decline}…
        </Button>
        {!d.isErrored && (
          <Button variant="subtle" color="gray" disabled={d.busy} onClick={d.postpone} rightSection={<kbd>p</kbd>}>
            {t.review.postpone}
          </Button>
        )}
      </div>
    </div>
  )
}
