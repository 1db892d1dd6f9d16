import { Button, Checkbox, Textarea } from '@mantine/core'
import { IconShoppingCart } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useRef } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { useOfflineSince } from '../../graphql/socketStatus'
import type { FindingCode } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { ProblemNote } from '../../ui/ProblemNote'
import { acknowledge, changeLine, dropLine, leaveOut, sentBasket, setReason, toInput, type Basket } from './basket'
import { BasketLineView } from './BasketLineView'
import classes from './Request.module.css'
import { RequestAssignmentsDocument } from './request.generated'
import { useCheck } from './useCheck'

/** What is going to be asked for, what would become of it, and the button that sends it. */
export function BasketPanel(props: { basket: Basket; change: (how: (basket: Basket) => Basket) => void }) {
  const { basket, change } = props
  const navigate = useNavigate()
  const { ofLine, check, isCurrent, problem, again } = useCheck(basket.lines)
  const [{ fetching }, request] = useMutation(RequestAssignmentsDocument)
  // Pressed twice within one frame: the second time the button is not yet drawn as busy.
  const sending = useRef(false)
  const offline = useOfflineSince() !== null

  const warnings = [
    ...new Set(check?.items.flatMap((i) => i.findings.filter((f) => f.severity === 'WARNS').map((f) => f.code)) ?? []),
  ]
  const unseen = warnings.filter((code) => !basket.acknowledged.includes(code))
  const blocked = check?.items.filter((i) => i.findings.some((f) => f.severity === 'BLOCKS')).length ?? 0
  const ready = isCurrent && check !== null && check.submittable && unseen.length === 0 && !offline
  const pairs = basket.lines.reduce((sum, line) => sum + line.owners.length, 0)

  const send = async () => {
    if (!ready || sending.current) return
    sending.current = true
    const { data, error } = await request({
      input: {
        ...toInput(basket.lines),
        clientKey: basket.key,
        justification: basket.reason.trim() || undefined,
        acknowledgeFindings: basket.acknowledged.filter((code) => warnings.includes(code)),
        basketDigest: check.digest,
      },
    })
    sending.current = false
    if (error) {
      const refused = toProblem(error)
      if (refused.code === 'STALE_ITEM') notifyProblem({ ...refused, message: t.request.changed })
      else notifyProblem(refused)
      return again()
    }
    if (!data) return
    const { number } = data.requestAssignments.request
    change(sentBasket)
    notifyDone(t.request.sent(number), {
      label: t.request.seeIt,
      run: () => void navigate({ to: '/requests', search: { text: number } }),
    })
  }

  if (basket.lines.length === 0)
    return (
      <section className={classes.basket} aria-label={t.request.basket}>
        <h2 className={classes.basketHead}>{t.request.basket}</h2>
        <EmptyNote icon={IconShoppingCart} title={t.request.basketEmpty} hint={t.request.basketEmptyHint} />
      </section>
    )
  return (
    <section className={classes.basket} aria-label={t.request.basket}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            event.currentTarget.requestSubmit()
          } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault()
        }}
      >
        <div className={classes.basketHead}>
          <h2>{t.request.basketCount(basket.lines.length)}</h2>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => change((old) => ({ ...sentBasket(old), reason: old.reason }))}
          >
            {t.request.empty}
          </Button>
        </div>
        <div className={classes.scroll} tabIndex={0} role="group" aria-label={t.request.will}>
          <ul className={classes.lines}>
            {basket.lines.map((line) => (
              <BasketLineView
                key={line.id}
                line={line}
                checked={ofLine.get(line.id)}
                isOld={!isCurrent}
                onChange={(what) => change((old) => changeLine(old, line.id, what))}
                onLeaveOut={(ownerId) => change((old) => leaveOut(old, line.id, ownerId))}
                onDrop={() => change((old) => dropLine(old, line.id))}
              />
            ))}
          </ul>
          {problem && <ProblemNote problem={problem} onRetry={again} />}
          <Textarea
            label={t.request.why}
            description={t.request.whyHint}
            maxLength={4000}
            autosize
            minRows={2}
            maxRows={6}
            value={basket.reason}
            onChange={(event) => {
              const reason = event.currentTarget.value
              change((old) => setReason(old, reason))
            }}
          />
          {warnings.map((code: FindingCode) => (
            <Checkbox
              key={code}
              label={t.request.acknowledge(t.request.findingNames[code])}
              checked={basket.acknowledged.includes(code)}
              onChange={(event) => {
                const on = event.currentTarget.checked
                change((old) => acknowledge(old, code, on))
              }}
            />
          ))}
        </div>
        <div className={classes.foot}>
          <p role="status" aria-live="polite" className={classes.footNote}>
            {offline
              ? t.app.offlineHint
              : problem
                ? ''
                : !isCurrent
                  ? t.request.checking
                  : blocked > 0
                    ? t.request.blocked(blocked)
                    : unseen.length > 0
                      ? t.request.acknowledgeFirst
                      : t.request.draft}
          </p>
          <Button type="submit" disabled={!ready} loading={fetching} title={t.request.sendFor(pairs)}>
            {t.request.send}
          </Button>
        </div>
      </form>
    </section>
  )
}
