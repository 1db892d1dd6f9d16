import { createContext } from 'react'

/** Reads the list again beside which a drawer stands. */
export const ListAgain = createContext<() => void>(() => undefined)
