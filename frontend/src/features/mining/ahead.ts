import { asked, firstPage } from '../../graphql/ahead'
import type { RawSearch } from '../../lib/search'
import { MiningRunListDocument } from './MiningPage.generated'
import { MiningResultDetailDocument } from './MiningResultDrawer.generated'
import { MiningResultListDocument } from './MiningRunPage.generated'
import { parseMiningSearch, resultVariables } from './miningSearch'

// What the pages of mining ask for first.

export const runs = () => firstPage(MiningRunListDocument, {})
export const run = (params: Record<string, string>, search: RawSearch) =>
  firstPage(MiningResultListDocument, resultVariables(params.run ?? '', parseMiningSearch(search)))
export const result = (params: Record<string, string>) => asked(MiningResultDetailDocument, { id: params.result ?? '' })
