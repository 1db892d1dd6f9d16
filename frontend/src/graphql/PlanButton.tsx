import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useMutation } from 'urql'
import { permissions } from '../lib/permit'
import { t } from '../lib/texts'
import { MakePlanDocument } from './makePlan.generated'
import { toProblem } from './problem'
import { useCan } from './SessionContext'
import type { MakePlanInput } from './types.generated'

/** Lets the server compute what a change would do to everybody, and goes to the page that shows it; nothing for whoever may not. */
export function PlanButton(props: { input: () => MakePlanInput; label?: string; main?: boolean; disabled?: boolean }) {
  const { can } = useCan()
  const navigate = useNavigate()
  const [{ fetching, error }, make] = useMutation(MakePlanDocument)
  if (!can(permissions.plansStart) || !can(permissions.plans)) return null
  const send = async () => {
    const { data } = await make({ input: props.input() })
    if (data) void navigate({ to: '/plans/$planId', params: { planId: data.makePlan.plan.id } })
  }
  return (
    <>
      <Button
        variant={props.main ? 'filled' : 'default'}
        loading={fetching}
        disabled={props.disabled}
        title={t.plan.lookHint}
        onClick={() => void send()}
      >
        {props.label ?? t.plan.look}
      </Button>
      {error && <span role="alert">{toProblem(error).message}</span>}
    </>
  )
}
