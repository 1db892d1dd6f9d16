import { JumpPalette } from '../../src/app/JumpPalette'
import { ListedPagesContext } from '../../src/app/listed'
import { listedPages } from '../../src/app/pages'
import { keepRecent } from '../../src/app/recent'
import { me } from '../../src/test/factories'
import type { Story } from './Stage'
import { long, nothing } from './common'

const hit = { kind: 'Directory_User', id: '7', label: long, detail: 'Person E10002' }

const palette = (search: unknown[], before = nothing as () => void): Story => ({
  answers: { Search: { search } },
  draw: () => {
    before()
    return (
      <ListedPagesContext value={listedPages}>
        <JumpPalette onClose={nothing} onKeys={nothing} />
      </ListedPagesContext>
    )
  },
})

export const appStories: Record<string, Story> = {
  'palette, recent': palette([], () => keepRecent(me().username, hit)),
  'palette, nothing before': palette([], () => sessionStorage.clear()),
}
