import { useNavigate } from '@tanstack/react-router'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { DeleteResourceDocument } from './DeletePersonDialog.generated'
import type { PersonRowFragment } from './PersonListPage.generated'

/** Asks whether to delete a person kept here, does it, and leads back to the list. */
export function DeletePersonDialog(props: { person: PersonRowFragment; onClose: () => void; onFailed: () => void }) {
  const { person } = props
  const navigate = useNavigate()
  const [deleting, remove] = useMutation(DeleteResourceDocument)
  const send = async () => {
    const { error } = await remove({ input: { id: person.id, version: person.version } })
    props.onClose()
    if (error) {
      notifyProblem(toProblem(error))
      props.onFailed()
      return
    }
    notifyDone(t.person.removed(person.displayName))
    void navigate({ to: '/people/$entityType', params: { entityType: person.entityType } })
  }
  return (
    <ConfirmDialog
      title={t.person.removeTitle(person.displayName)}
      text={t.person.removeText}
      action={t.person.remove}
      danger
      busy={deleting.fetching}
      typed={{ label: t.person.removeConfirm(person.key), word: person.key }}
      onConfirm={() => void send()}
      onClose={props.onClose}
    />
  )
}
