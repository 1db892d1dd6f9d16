import { useMediaQuery } from '@mantine/hooks'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { toProblem } from '../../graphql/problem'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { SearchFilter, SelectFilter } from '../../ui/Filters'
import { useKeys } from '../../ui/keys'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { ViewSwitch } from '../../ui/ViewSwitch'
import { itemName, pairName, type Matrix, type MatrixCell } from './matrix'
import { RiskMatrixDocument } from './risk.generated'
import { RiskMatrixGrid } from './RiskMatrixGrid'
import { RiskPairDrawer } from './RiskPairDrawer'
import classes from './Risk.module.css'
import { levels, matrixVariables, type MatrixSearch } from './riskSearch'
import { LevelBadge } from './LevelBadge'

const route = getRouteApi('/shell/risks/matrix')

/** Which entitlements are dangerous together, who has both, and who could by one request: drawn, or as a list. */
export function RiskMatrixPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const [open, setOpen] = useState<MatrixCell | null>(null)
  const [{ data, error }, read] = useReading({
    query: RiskMatrixDocument,
    variables: matrixVariables(search),
    requestPolicy: 'cache-and-network',
  })
  const asList = narrow || search.view === 'list'
  const change = (next: MatrixSearch) =>
    void navigate({ to: '/risks/matrix', search: { ...search, ...next }, replace: true })
  const turn = () => change({ view: asList ? undefined : 'list' })
  useKeys([{ key: 'v', label: t.risk.matrixView, run: turn }])
  const matrix = data?.riskMatrix
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <SearchFilter
          label={t.risk.search}
          placeholder={t.risk.search}
          value={search.text}
          onChange={(text) => change({ text: text || undefined })}
        />
        <SelectFilter
          label={t.risk.fromLevel}
          any={`${t.risk.fromLevel}: ${t.common.any}`}
          value={search.level}
          options={levels.map((value) => ({ value, label: t.risk.atLeast(Number(value)) }))}
          onChange={(level) => change({ level })}
        />
        {!narrow && (
          <ViewSwitch
            label={t.risk.matrixView}
            value={asList ? 'list' : 'matrix'}
            options={[
              { value: 'matrix', label: t.risk.asMatrix },
              { value: 'list', label: t.risk.asList },
            ]}
            onChange={(view) => change({ view: view === 'list' ? view : undefined })}
          />
        )}
      </div>
      {error ? (
        <ProblemNote problem={toProblem(error)} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : !matrix ? (
        <Skeleton lines={8} />
      ) : matrix.cells.length === 0 ? (
        <EmptyNote title={t.risk.matrixEmpty} hint={t.risk.emptyHint} />
      ) : asList ? (
        <PairTable matrix={matrix} onOpen={setOpen} />
      ) : (
        <RiskMatrixGrid matrix={matrix} onOpen={setOpen} />
      )}
      {matrix && !matrix.isWhole && <p className={classes.note}>{t.risk.notWhole}</p>}
      {matrix && open && <RiskPairDrawer matrix={matrix} cell={open} onClose={() => setOpen(null)} />}
    </div>
  )
}

/** The same as a table: what is most dangerous first. */
function PairTable({ matrix, onOpen }: { matrix: Matrix; onOpen: (cell: MatrixCell) => void }) {
  const cells = matrix.cells.toSorted((a, b) => b.level - a.level || (b.both ?? 0) - (a.both ?? 0))
  const counted = cells.some((c) => c.both != null)
  return (
    <div className={classes.scroller} tabIndex={0} role="region" aria-label={t.risk.matrix}>
      <table className={classes.pairs} aria-label={t.risk.matrix}>
        <thead>
          <tr>
            <th scope="col">{t.risk.first}</th>
            <th scope="col">{t.risk.second}</th>
            <th scope="col">{t.risk.level}</th>
            {counted && (
              <>
                <th scope="col">{t.risk.haveBoth}</th>
                <th scope="col">{t.risk.could}</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {cells.map((c) => (
            <tr key={`${String(c.first)} ${String(c.second)}`}>
              <th scope="row">
                <button type="button" aria-label={pairName(matrix, c)} onClick={() => onOpen(c)}>
                  {itemName(matrix.items[c.first])}
                </button>
              </th>
              <td>
                {c.first === c.second ? <span className="dim">{t.risk.alone}</span> : itemName(matrix.items[c.second])}
              </td>
              <td>
                <LevelBadge level={c.level} />
              </td>
              {counted && (
                <>
                  <td className={classes.figure}>{c.both}</td>
                  <td className={classes.figure}>{c.could}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
