import { apiKeyTexts } from './texts/apiKey'
import { appTexts } from './texts/app'
import { bulkTexts } from './texts/bulk'
import { commonTexts } from './texts/common'
import { delegationTexts } from './texts/delegation'
import { deskTexts } from './texts/desk'
import { machineryTexts } from './texts/machinery'
import { miningTexts } from './texts/mining'
import { modelTexts } from './texts/model'
import { orderTexts } from './texts/order'
import { personTexts } from './texts/person'
import { planTexts } from './texts/plan'
import { recognitionTexts } from './texts/recognition'
import { reconciliationTexts } from './texts/reconciliation'
import { redundantTexts } from './texts/redundant'
import { requestTexts } from './texts/request'
import { riskTexts } from './texts/risk'
import { setupTexts } from './texts/setup'
import { stateTexts } from './texts/state'

/**
 * Every sentence of the interface, in English, by subject in texts/. A second language is another object of type Texts; nothing
 * else holds words for people.
 */
const english = {
  ...apiKeyTexts,
  ...appTexts,
  ...bulkTexts,
  ...commonTexts,
  ...delegationTexts,
  ...deskTexts,
  ...stateTexts,
  ...orderTexts,
  ...personTexts,
  ...planTexts,
  ...reconciliationTexts,
  ...recognitionTexts,
  ...requestTexts,
  ...machineryTexts,
  ...modelTexts,
  ...setupTexts,
  ...miningTexts,
  ...redundantTexts,
  ...riskTexts,
} as const

/** What a language has to bring. */
export type Texts = typeof english

export const t: Texts = english
