import { appTexts } from './texts/app'
import { commonTexts } from './texts/common'
import { stateTexts } from './texts/state'
import type { pageTexts } from './texts/pages'

const first = { ...appTexts, ...commonTexts, ...stateTexts } as const

/** What a language has to bring. */
export type Texts = typeof first & typeof pageTexts

/**
 * Every sentence of the interface, in English, by subject in texts/. A second language is another object of type Texts; nothing
 * else holds words for people. Those of app, common and state are there from the start; the others once loadTexts is done, which
 * everything but the sign-in page waits for.
 */
export const t = { ...first } as Texts

/** Brings the texts of the pages. */
export async function loadTexts(): Promise<void> {
  const { pageTexts } = await import('./texts/pages')
  Object.assign(t, pageTexts)
}
