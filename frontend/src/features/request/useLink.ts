import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { toProblem, type Problem } from '../../graphql/problem'
import type { BasketLine } from './basket'
import {
  CheckRequestDocument,
  RequestCatalogueDocument,
  RequestPersonDocument,
  type RequestRefFragment,
} from './request.generated'
import type { RequestSearch } from './requestSearch'

type NewLine = Omit<BasketLine, 'id' | 'from' | 'until' | 'values'>

/**
 * Puts what a link asks for into the basket: what it is called, and what it takes, is told by the server. A link that names a person only chooses
 * him. A link gives no right.
 */
export function useLink(
  { role, for: ownerId, action = 'ADD' }: RequestSearch,
  add: (line: NewLine) => void,
  choose: (person: RequestRefFragment) => void,
) {
  const client = useClient()
  const [problem, setProblem] = useState<Problem | null>(null)
  const latest = useRef({ add, choose })
  useEffect(() => {
    latest.current = { add, choose }
  })
  useEffect(() => {
    if (!ownerId) return
    let over = false
    const look = async () => {
      if (!role) {
        const { data, error } = await client
          .query(RequestPersonDocument, { id: ownerId }, { requestPolicy: 'cache-first' })
          .toPromise()
        if (over) return
        if (data?.resource) latest.current.choose(data.resource)
        return setProblem(error ? toProblem(error) : null)
      }
      const input = { items: [{ action, role, ownerIds: [ownerId] }] }
      const { data, error } = await client
        .query(CheckRequestDocument, { input }, { requestPolicy: 'network-only' })
        .toPromise()
      const found = data?.checkRequest.items[0]
      if (over) return
      if (error || !found) return setProblem(error ? toProblem(error) : null)
      const { data: catalogue } = await client
        .query(
          RequestCatalogueDocument,
          { ownerId, first: 100, after: null, filter: { text: found.object } },
          { requestPolicy: 'network-only' },
        )
        .toPromise()
      if (over) return
      const entry = catalogue?.requestCatalogue.nodes.find((e) => e.role === found.role && e.kind === found.roleKind)
      latest.current.add({
        action: found.action,
        role: found.role,
        kind: found.roleKind,
        name: found.object,
        owners: [found.owner],
        parameters: entry?.parameters ?? [],
        needsEnd: entry?.needsEnd ?? false,
        takesEnd: entry?.takesEnd ?? true,
      })
      setProblem(null)
    }
    void look()
    return () => {
      over = true
    }
  }, [client, role, ownerId, action])
  return problem
}
