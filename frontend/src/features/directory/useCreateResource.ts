import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { PropertyValueInput } from '../../graphql/types.generated'
import type { PersonFragment } from './PersonPage.generated'
import { CreateResourceDocument } from './useCreateResource.generated'
import { toFault, type Fault } from './fault'

/** Adds a resource by hand; what the server refuses stays as a problem, with its field where there is one. */
export function useCreateResource() {
  const [{ fetching }, send] = useMutation(CreateResourceDocument)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [fault, setFault] = useState<Fault | null>(null)
  const create = async (
    entityType: string,
    key: string,
    values: PropertyValueInput[],
  ): Promise<PersonFragment | null> => {
    const { data, error } = await send({ input: { entityType, key: key.trim(), values } })
    const next = error ? toProblem(error) : null
    setProblem(next)
    setFault(next && toFault(next, values))
    return data?.createResource.resource ?? null
  }
  return { create, busy: fetching, problem, fault }
}
