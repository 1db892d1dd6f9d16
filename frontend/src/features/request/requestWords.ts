import { t } from '../../lib/texts'
import type { Look } from '../../lib/states'
import { requestStates } from '../../lib/requestStates'
import { stuckLook } from './looks'
import type { RequestRowFragment } from './request.generated'

/** An item inside a sentence: "Payment entry for Petra Lang". */
export const itemPhrase = (item: RequestRowFragment) =>
  t.request.phrase[item.action](item.objectName, item.owner.displayName)

/** An item as a title: "Payment entry · Petra Lang". */
export const itemTitle = (item: RequestRowFragment) =>
  t.request.heading[item.action](item.objectName, item.owner.displayName)

/** How the state of an item looks: in approval it says at which level. */
export function itemLook(item: RequestRowFragment): Look {
  if (item.isStuck) return stuckLook
  const look = requestStates[item.state]
  return item.state === 'IN_APPROVAL' && item.levels > 1 && item.level > 0
    ? { ...look, word: t.request.inApproval(item.level, item.levels) }
    : look
}

/** The server says some reasons as a part of a sentence: here they are one. */
export const sentence = (words: string) => {
  const text = words.trim()
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
