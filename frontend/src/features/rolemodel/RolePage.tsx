import { getRouteApi, Link, Outlet, useNavigate } from '@tanstack/react-router'
import { Button } from '@mantine/core'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { mayEditModel, maySeeHolders } from '../../graphql/may'
import { toProblem } from '../../graphql/problem'
import { useMe } from '../../graphql/SessionContext'
import { t } from '../../lib/texts'
import { EmptyNote } from '../../ui/EmptyNote'
import { useKeys } from '../../ui/keys'
import { notifyDone } from '../../ui/notify'
import { Page } from '../../ui/Page'
import { ProblemNote } from '../../ui/ProblemNote'
import { Skeleton } from '../../ui/Skeleton'
import { Tabs } from '../../ui/Tabs'
import { kindOfRole } from './addressOf'
import { DeleteDialog } from './DeleteDialog'
import { useRole } from './useRole'

const route = getRouteApi('/shell/model/roles/$role')

/** One role: what it is, who gets it by which rule, what it gives, who holds it. */
export function RolePage() {
  const { role: identifier } = route.useParams()
  const { kind } = route.useSearch()
  const navigate = useNavigate()
  const me = useMe()
  const [isDeleting, setDeleting] = useState(false)
  const { role, error, loading, read } = useRole(identifier, kind)
  const mayEdit = mayEditModel(me) && role !== undefined
  const name = role ? kindOfRole(role.kind) : ''
  const edit = () => void navigate({ to: '/model/edit/$kind/$identifier', params: { kind: name, identifier } })
  const newRule = () =>
    void navigate({
      to: '/model/rules/$kind/$owner',
      params: { kind: name, owner: identifier },
      search: { list: 'rules' },
    })
  useKeys(mayEdit ? [{ key: 'n', label: t.catalogue.newRule, run: newRule }] : [])

  if (!role)
    return (
      <Page title={identifier} scroll>
        {error ? (
          <ProblemNote problem={toProblem(error)} onRetry={read} />
        ) : loading ? (
          <Skeleton lines={8} />
        ) : (
          <EmptyNote title={t.problem.notFoundTitle} hint={t.problem.notFound} />
        )}
      </Page>
    )
  const to = { params: { role: identifier }, search: { kind: role.kind } }
  return (
    <Page
      title={role.displayName}
      hint={[t.model.kinds[role.kind], ...role.categoryPath.map((c) => c.displayName)].join(' · ')}
      actions={
        mayEdit && (
          <>
            <Button leftSection={<IconPencil size={14} aria-hidden />} onClick={edit}>
              {t.common.edit}
            </Button>
            <Button variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={newRule}>
              {t.catalogue.newRule}
            </Button>
            <Button
              variant="default"
              leftSection={<IconTrash size={14} aria-hidden />}
              onClick={() => setDeleting(true)}
            >
              {t.common.delete}
            </Button>
          </>
        )
      }
      nav={
        <Tabs label={role.displayName}>
          <Link to="/model/roles/$role" {...to} activeOptions={{ exact: true, includeSearch: false }}>
            {t.catalogue.overview}
          </Link>
          {maySeeHolders(me) && (
            <Link to="/model/roles/$role/holders" {...to} activeOptions={{ includeSearch: false }}>
              {t.catalogue.holders}{' '}
              {role.holders && (
                <span className="dim num">{t.catalogue.holderCount(role.holders.total, role.holders.isMore)}</span>
              )}
            </Link>
          )}
        </Tabs>
      }
    >
      <Outlet />
      {isDeleting && (
        <DeleteDialog
          kind={name}
          identifier={identifier}
          name={role.displayName}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            notifyDone(t.edit.deleted(role.displayName))
            void navigate({ to: '/model/roles' })
          }}
        />
      )}
    </Page>
  )
}
