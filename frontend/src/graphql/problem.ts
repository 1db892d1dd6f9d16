import type { CombinedError } from 'urql'

/** What went wrong, in the server's words: `extensions.code` is a closed list (base.graphqls), `id` is found in its log. */
export interface Problem {
  code: string
  message: string
  field?: string
  id?: string
  /** Further mistakes of the same input. */
  others?: { message: string }[]
}

/** The first error of an answer as a Problem; a lost connection is UNAVAILABLE. */
export function toProblem(error: CombinedError): Problem {
  const first = error.graphQLErrors[0]
  if (first) {
    const { code, field, id, problems } = first.extensions as Partial<Problem> & { problems?: { message: string }[] }
    return { code: code ?? 'INTERNAL', message: first.message, field, id, others: problems?.slice(1) }
  }
  return { code: 'UNREACHABLE', message: error.networkError?.message ?? error.message }
}

/** Everything that an answer refuses, each with the place where it stands. */
export function toProblems(error: CombinedError): Problem[] {
  const first = toProblem(error)
  const all = error.graphQLErrors[0]?.extensions.problems as { message: string; field?: string }[] | undefined
  return all?.length ? all.map((p) => ({ code: first.code, message: p.message, field: p.field })) : [first]
}
