import { asked, firstPage } from '../../graphql/ahead'
import { DelegationOneDocument, DelegationsDocument } from './delegation.generated'
import { delegationVariables, type DelegationSearch } from './delegationSearch'

// What the pages of delegations ask for first.

export const delegations = (search: DelegationSearch) => firstPage(DelegationsDocument, delegationVariables(search))
export const delegation = (params: Record<string, string>) =>
  asked(DelegationOneDocument, { id: params.delegationId ?? '' })
