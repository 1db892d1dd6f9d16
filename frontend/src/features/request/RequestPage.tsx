import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { IconShoppingCart } from '@tabler/icons-react'
import { useCallback } from 'react'
import type { RequestAction } from '../../graphql/types.generated'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { notifyDone } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { addLine, addPerson } from './basket'
import { BasketPanel } from './BasketPanel'
import { CatalogueList } from './CatalogueList'
import classes from './Request.module.css'
import type { CatalogueRowFragment } from './request.generated'
import type { RequestSearch } from './requestSearch'
import { TargetPicker } from './TargetPicker'
import { useBasket } from './useBasket'
import { useLink } from './useLink'

const route = getRouteApi('/shell/request')

/** The catalogue, and beside it the basket with what would become of it (requests 7). */
export function RequestPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const narrow = useMediaQuery('(max-width: 60em)', false, { getInitialValueInEffect: false })
  const [basket, change] = useBasket()
  const set = useCallback(
    (what: Partial<RequestSearch>) => void navigate({ to: '/request', search: { ...search, ...what }, replace: true }),
    [navigate, search],
  )
  const linkProblem = useLink(
    search,
    (line) => {
      change((old) => {
        const next = addLine(old, line)
        // Who is asked for by a link is chosen too, unless others are.
        return next.people.length === 0 ? { ...next, people: line.owners, chosen: true } : next
      })
      set({ role: undefined, for: undefined, action: undefined, ...(narrow && { view: 'basket' }) })
    },
    (one) => {
      change((old) =>
        !old.chosen && old.lines.length === 0 ? { ...old, people: [one], chosen: true } : addPerson(old, one),
      )
      set({ for: undefined, shown: one.id })
    },
  )
  const person = basket.people.find((p) => p.id === search.shown) ?? basket.people[0]

  const take = useCallback(
    (row: CatalogueRowFragment, action: RequestAction) => {
      if (!person) return
      change((old) =>
        addLine(old, {
          action,
          role: row.role,
          kind: row.kind,
          name: row.name,
          // What is taken is taken from whom it is shown for; what is given is given to all.
          owners: action === 'ADD' ? old.people : [person],
          parameters: row.parameters,
          needsEnd: row.needsEnd,
          takesEnd: row.takesEnd,
        }),
      )
      if (narrow) notifyDone(t.request.added(row.name, basket.lines.length + 1))
    },
    [change, person, narrow, basket.lines.length],
  )

  const onlyBasket = narrow && search.view === 'basket'
  return (
    <Page
      title={t.request.title}
      hint={t.request.hint}
      actions={
        <Button variant="default" component={Link} to="/requests">
          {t.request.mine}
        </Button>
      }
      nav={
        <div className={classes.top}>
          <TargetPicker basket={basket} change={change} />
          {linkProblem && <ProblemNote problem={linkProblem} title={t.request.noSuchRole(search.role ?? '')} />}
        </div>
      }
    >
      <div className={classes.two}>
        {!onlyBasket && (
          <div className={classes.catalogue}>
            {person ? (
              <CatalogueList
                key={person.id}
                person={person}
                basket={basket}
                search={search}
                onSearch={set}
                onTake={take}
              />
            ) : (
              <EmptyNote title={t.request.nobody} hint={t.request.nobodyHint} />
            )}
          </div>
        )}
        {(!narrow || onlyBasket) && <BasketPanel basket={basket} change={change} />}
      </div>
      {narrow && (
        <div className={classes.lower}>
          <Button
            fullWidth
            variant={onlyBasket ? 'default' : 'filled'}
            leftSection={onlyBasket ? undefined : <IconShoppingCart size={16} />}
            onClick={() => set({ view: onlyBasket ? undefined : 'basket' })}
          >
            {onlyBasket ? t.request.catalogue : t.request.basketCount(basket.lines.length)}
          </Button>
        </div>
      )}
    </Page>
  )
}
