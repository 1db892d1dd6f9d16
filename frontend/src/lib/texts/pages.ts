import { apiKeyTexts } from './apiKey'
import { bulkTexts } from './bulk'
import { delegationTexts } from './delegation'
import { departureTexts } from './departure'
import { deskTexts } from './desk'
import { machineryTexts } from './machinery'
import { miningTexts } from './mining'
import { modelTexts } from './model'
import { orderTexts } from './order'
import { personTexts } from './person'
import { planTexts } from './plan'
import { recognitionTexts } from './recognition'
import { reconciliationTexts } from './reconciliation'
import { redundantTexts } from './redundant'
import { requestTexts } from './request'
import { riskTexts } from './risk'
import { setupTexts } from './setup'

/** The texts of the pages of whoever is signed in. */
export const pageTexts = {
  ...apiKeyTexts,
  ...bulkTexts,
  ...delegationTexts,
  ...departureTexts,
  ...deskTexts,
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
