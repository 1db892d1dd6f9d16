import { accessStories } from './access'
import { appStories } from './app'
import { assignmentStories } from './assignment'
import { bulkStories } from './bulk'
import { delegationStories } from './delegation'
import { deskStories } from './desk'
import { directoryStories } from './directory'
import { miningStories } from './mining'
import { departureStories } from './departure'
import { redundancyStories } from './redundancy'
import { orderStories } from './order'
import { planStories } from './plan'
import { reconciliationStories } from './reconciliation'
import { requestStories } from './request'
import { riskStories } from './risk'
import { rolemodelStories } from './rolemodel'
import { uiStories } from './ui'
import type { Story } from './Stage'

/** States of components, by name. Each feature has a file of its own. */
export const stories: Record<string, Story> = {
  ...accessStories,
  ...appStories,
  ...assignmentStories,
  ...bulkStories,
  ...delegationStories,
  ...deskStories,
  ...directoryStories,
  ...miningStories,
  ...departureStories,
  ...redundancyStories,
  ...orderStories,
  ...planStories,
  ...reconciliationStories,
  ...requestStories,
  ...riskStories,
  ...rolemodelStories,
  ...uiStories,
}
