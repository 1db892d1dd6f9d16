import { IconCircleCheck, IconCircleMinus } from '@tabler/icons-react'
import { formatDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import type { PersonRowFragment } from './PersonListPage.generated'

/** The name, and whether the person is still there. */
export function PersonHeading({ person }: { person: PersonRowFragment }) {
  return (
    <>
      {person.displayName}{' '}
      {person.validTo === null ? (
        <Badge tone="green" icon={IconCircleCheck} word={t.person.present} />
      ) : (
        <Badge tone="slate" icon={IconCircleMinus} word={t.person.goneSince(formatDay(person.validTo))} />
      )}
    </>
  )
}
