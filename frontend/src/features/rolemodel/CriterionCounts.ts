import { createContext } from 'react'

/** How many people are left behind each criterion of the rule that is edited; empty: nobody counted. */
export const CriterionCounts = createContext<readonly number[]>([])
