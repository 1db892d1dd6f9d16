import { useNavigate } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import type { JobInstanceState } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { RunJobDocument } from './useRunJob.generated'

/** Launches a job and opens its run. */
export function useRunJob() {
  const navigate = useNavigate()
  const [, execute] = useMutation(RunJobDocument)
  const [busyJob, setBusyJob] = useState<string | null>(null)
  const run = useCallback(
    (job: { identifier: string; displayName: string }) => {
      setBusyJob(job.identifier)
      void execute({ input: { job: job.identifier } }).then(({ data, error }) => {
        setBusyJob(null)
        if (error) notifyProblem(toProblem(error))
        if (!data) return
        notifyDone(t.job.started(job.displayName))
        void navigate({ to: '/runs/$id', params: { id: data.runJob.jobInstance.id } })
      })
    },
    [execute, navigate],
  )
  return { run, busyJob }
}

/** Not ended: a second launch would be refused. */
export function isRunning(state: JobInstanceState): boolean {
  return state === 'QUEUED' || state === 'IN_PROGRESS' || state === 'BLOCKED'
}
