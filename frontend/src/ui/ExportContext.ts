import { createContext } from 'react'

/** Tells the server that so many rows of a list, which were read before, leave the house. It fails when the server takes no note. */
export const ExportContext = createContext<(list: string, rows: number) => Promise<void>>(() => Promise.resolve())
