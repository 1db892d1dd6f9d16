import { IconCircleCheck, IconCircleMinus, IconDoorExit } from '@tabler/icons-react'
import { mayDepart } from '../../graphql/may'
import { useMe } from '../../graphql/SessionContext'
import { useReading } from '../../graphql/useReading'
import { formatDay } from '../../lib/format'
import { t } from '../../lib/texts'
import { Badge } from '../../ui/Badge'
import { PersonDepartureDocument } from './PersonHeading.generated'
import type { PersonRowFragment } from './PersonListPage.generated'

/** The name, and whether the person is still there. */
export function PersonHeading({ person }: { person: PersonRowFragment }) {
  const [{ data }] = useReading({
    query: PersonDepartureDocument,
    variables: { id: person.id },
    requestPolicy: 'cache-and-network',
    pause: !mayDepart(useMe(), person.entityType),
  })
  const left = data?.departureProof?.state === 'DEPARTED' ? data.departureProof.at : undefined
  return (
    <>
      {person.displayName}{' '}
      {person.validTo !== null ? (
        <Badge tone="slate" icon={IconCircleMinus} word={t.person.goneSince(formatDay(person.validTo))} />
      ) : left ? (
        <Badge tone="slate" icon={IconDoorExit} word={t.departure.leftSince(formatDay(left))} />
      ) : (
        <Badge tone="green" icon={IconCircleCheck} word={t.person.present} />
      )}
    </>
  )
}
