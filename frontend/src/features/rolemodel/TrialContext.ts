import { createContext, useContext } from 'react'
import type { Differences } from './differences'
import type { ResourceTypeTrialQuery } from './TrialPanel.generated'

/** What is known of the resource type as it is written: of one person, and of many. Null: nothing of this text. */
export interface Tried {
  trial: ResourceTypeTrialQuery['resourceTypeTrial'] | null
  differences: Differences | null
}

/** Where the lines of an editor find what their property would be. */
export const TriedContext = createContext<Tried>({ trial: null, differences: null })

/** What is known of a property. */
export function useTried(property: string) {
  const { trial, differences } = useContext(TriedContext)
  return {
    value: trial?.values.find((v) => v.property === property && v.isComputed),
    hasAccount: trial?.accountId != null,
    /** Null: nobody was looked at. */
    differs: differences && (differences.properties.find((p) => p.property === property) ?? { differs: 0, errors: 0 }),
  }
}
