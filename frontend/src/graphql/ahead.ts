import { createContext } from 'react'
import { makeOperation, type AnyVariables, type Client, type Exchange, type TypedDocumentNode } from 'urql'
import { map, pipe, tap } from 'wonka'

/** A query that a page will send. */
export interface Asked {
  document: TypedDocumentNode<unknown, AnyVariables>
  variables: AnyVariables
}

/** A query with its variables, exactly as the page sends it. */
export function asked<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Asked {
  return { document: document as Asked['document'], variables }
}

/** The first page of a list, as useConnection asks for it. */
export function firstPage<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: object,
): Asked {
  // What is undefined is left out, as it is there.
  const plain = JSON.parse(JSON.stringify(variables)) as object
  return { document: document as Asked['document'], variables: { ...plain, first: firstRows, after: null } }
}

/** Rows of the first page of a list. */
export const firstRows = 100

/** How long an answer that came ahead of its page is as good as one that the page asked for itself. */
const freshFor = 5_000

/**
 * Asks for the data of a page while its code is on the way. The page then finds it in the cache, and does not ask again for what has just come. One
 * for the whole application; the client comes and goes with the sign-in.
 */
export class Ahead {
  private client: Client | null = null
  private came = new Map<number, number>()
  private told = 0

  /** From now on this client asks; the returned function ends that. */
  use(client: Client): () => void {
    this.client = client
    return () => {
      this.client = null
      this.came.clear()
    }
  }

  /** Does not wait: the page shows itself what is missing, and what goes wrong. */
  begin(ask: () => Promise<Asked>): void {
    const { client } = this
    if (!client) return
    ask().then(
      ({ document, variables }) =>
        client
          .query(document, variables, { requestPolicy: 'cache-and-network', ahead: true, told: this.told })
          .toPromise(),
      () => undefined,
    )
  }

  /** Stands before the cache. */
  exchange: Exchange =
    ({ forward }) =>
    (operations) =>
      pipe(
        operations,
        map((operation) => {
          const at = this.came.get(operation.key)
          if (at === undefined || operation.context.requestPolicy !== 'cache-and-network') return operation
          if (Date.now() - at < freshFor)
            return makeOperation(operation.kind, operation, { ...operation.context, requestPolicy: 'cache-first' })
          this.came.delete(operation.key)
          return operation
        }),
        forward,
        tap(({ operation, stale, error }) => {
          if (operation.kind === 'subscription') {
            // Something happened that no page heard of which is not open yet: what came before it is old, and what is under way may be.
            this.came.clear()
            this.told++
          } else if (operation.context.ahead && !stale && !error && operation.context.told === this.told)
            this.came.set(operation.key, Date.now())
        }),
      )
}

export const AheadContext = createContext(new Ahead())
