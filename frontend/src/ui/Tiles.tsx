import type { ReactNode } from 'react'
import { formatNumber } from '../lib/format'
import classes from './Tiles.module.css'

/** Counts side by side; each is a link that narrows the list below. */
export function Tiles({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={classes.tiles} aria-label={label}>
      {children}
    </nav>
  )
}

/** Content of a tile: put it into a link. */
export function Tile({ word, count }: { word: string; count: number | null }) {
  return (
    <>
      <span className="num">{count === null ? '–' : formatNumber(count)}</span>
      <span>{word}</span>
    </>
  )
}
