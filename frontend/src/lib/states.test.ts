import { describe, expect, it } from 'vitest'
import { provisioningStateList, provisioningStates } from './states'
import { tones } from './tones'

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

describe('provisioning states', () => {
  it('have the numbers 0 to 8, each once', () => {
    expect(provisioningStateList.map((s) => provisioningStates[s].code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('are told apart by word, by icon and by colour', () => {
    const looks = Object.values(provisioningStates)
    expect(new Set(looks.map((l) => l.word)).size).toBe(9)
    expect(new Set<unknown>(looks.map((l) => l.icon)).size).toBe(9)
    expect(new Set(looks.map((l) => l.tone)).size).toBe(9)
  })
})

describe.each(Object.entries(tones))('tone %s', (_name, shades) => {
  it.each([
    ['light', '#ffffff'],
    ['dark', '#161a20'],
  ] as const)('has AA contrast in %s', (scheme, surface) => {
    const { text, back, solid } = shades[scheme]
    expect(contrast(text, back)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(text, surface)).toBeGreaterThanOrEqual(4.5)
    // Lines and dots carry no text: enough to be seen.
    expect(contrast(solid, surface)).toBeGreaterThanOrEqual(2.3)
  })
})
