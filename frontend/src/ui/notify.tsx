import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { t } from '../lib/texts'
import { CopyButton } from './CopyButton'

const closeButtonProps = { 'aria-label': t.common.close }

/** Says briefly that something was done; with a way on, or back, for a while longer. */
export function notifyDone(message: string, action?: { label: string; run: () => void }) {
  if (!action) {
    notifications.show({ message, color: 'teal', autoClose: 3_000, withBorder: true, closeButtonProps })
    return
  }
  const id = notifications.show({
    message: (
      <span style={{ display: 'flex', alignItems: 'center', justifyContent: 'space-between', gap: 12 }}>
        {message}
        <Button
          variant="default"
          onClick={() => {
            notifications.hide(id)
            action.run()
          }}
        >
          {action.label}
        </Button>
      </span>
    ),
    color: 'teal',
    autoClose: 10_000,
    withBorder: true,
    closeButtonProps,
  })
}

/** Says what did not work and what to do; stays until it is read. */
export function notifyProblem(problem: { code: string; message: string; id?: string; others?: unknown[] }) {
  const advice = t.problem.what[problem.code]
  notifications.show({
    title: problem.others?.length ? t.problem.andMore(problem.message, problem.others.length) : problem.message,
    message: (
      <>
        {advice}
        {problem.id && (
          <span style={{ display: 'flex', alignItems: 'center', gap: 4 }}>
            {t.problem.id} <code>{problem.id}</code> <CopyButton text={problem.id} what={t.problem.id} />
          </span>
        )}
      </>
    ),
    color: 'red',
    autoClose: 12_000,
    withBorder: true,
    closeButtonProps,
  })
}
