import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useMutation } from 'urql'
import { toProblem } from '../../graphql/problem'
import { t } from '../../lib/texts'
import { ConfirmDialog } from '../../ui/ConfirmDialog'
import { notifyDone, notifyProblem } from '../../ui/notify'
import { useDraft } from '../../ui/useDraft'
import classes from './Request.module.css'
import { AskRequestInformationDocument, type RequestDetailFragment } from './request.generated'
import { itemPhrase } from './requestWords'

/** Asks who asked for it, or whom it is about, before it is decided. */
export function AskDialog(props: { item: RequestDetailFragment; onDone: () => void; onClose: () => void }) {
  const { item } = props
  const [text, setText] = useDraft(`request-question.${item.stepId ?? item.id}`)
  const [addressee, setAddressee] = useState('')
  const [{ fetching }, ask] = useMutation(AskRequestInformationDocument)
  const send = async (question: string) => {
    if (!item.stepId) return
    const { data, error } = await ask({
      input: { stepIds: [item.stepId], addresseeId: addressee || undefined, question },
    })
    const refused = error ? toProblem(error) : data?.askRequestInformation.results[0]?.error
    if (refused) return notifyProblem({ code: refused.code, message: refused.message })
    setText('')
    notifyDone(t.request.questionSent(itemPhrase(item)))
    props.onDone()
  }
  return (
    <ConfirmDialog
      title={t.request.questionTitle(itemPhrase(item))}
      text={
        <div className={classes.asking}>
          <p>{t.request.questionText}</p>
          <NativeSelect
            label={t.request.whomToAsk}
            value={addressee}
            onChange={(event) => setAddressee(event.currentTarget.value)}
            data={[
              { value: '', label: t.request.asker(item.requesterName) },
              { value: item.owner.id, label: t.request.beneficiary(item.owner.displayName) },
            ]}
          />
        </div>
      }
      action={t.request.question}
      reason={{ label: t.request.questionLabel, required: true, value: text, onChange: setText }}
      busy={fetching}
      onConfirm={(question) => void send(question)}
      onClose={props.onClose}
    />
  )
}
