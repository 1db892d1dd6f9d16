/** A tone is a pair of colours with enough contrast in both themes (tones.test.ts measures it). */
export type Tone = 'grey' | 'blue' | 'violet' | 'red' | 'green' | 'amber' | 'slate' | 'darkred' | 'teal'

interface Shade {
  text: string
  back: string
  /** For lines, dots and bars. */
  solid: string
}

/** The colours of states: the same everywhere (ui.md). Written to CSS variables once, by the theme. */
export const tones: Record<Tone, { light: Shade; dark: Shade }> = {
  grey: {
    light: { text: '#565d6b', back: '#eff0f3', solid: '#8b93a1' },
    dark: { text: '#b4bac5', back: '#2b2f36', solid: '#7d8592' },
  },
  blue: {
    light: { text: '#1a57b8', back: '#e7effd', solid: '#3b7be0' },
    dark: { text: '#8fb8ff', back: '#1a2b4d', solid: '#5b93f0' },
  },
  violet: {
    light: { text: '#6434b5', back: '#f0eafc', solid: '#8a5cda' },
    dark: { text: '#c3a9fb', back: '#2f2350', solid: '#9d78e8' },
  },
  red: {
    light: { text: '#b81f24', back: '#fdebeb', solid: '#e0474c' },
    dark: { text: '#ff9a97', back: '#47191c', solid: '#ee6366' },
  },
  green: {
    light: { text: '#186a35', back: '#e4f4e9', solid: '#2f9e58' },
    dark: { text: '#7edb9f', back: '#143524', solid: '#3fb56d' },
  },
  amber: {
    light: { text: '#835000', back: '#fdf1d6', solid: '#d99a1b' },
    dark: { text: '#f4c15d', back: '#3d2d0d', solid: '#dfa22e' },
  },
  slate: {
    light: { text: '#4b5a6b', back: '#e7edf3', solid: '#7288a0' },
    dark: { text: '#a9bacd', back: '#243040', solid: '#6d849d' },
  },
  darkred: {
    light: { text: '#8a1116', back: '#f9dadb', solid: '#a8191f' },
    dark: { text: '#ffb5b3', back: '#5c1216', solid: '#d0383d' },
  },
  teal: {
    light: { text: '#0a6464', back: '#dcf3f2', solid: '#149c9b' },
    dark: { text: '#6fd8d6', back: '#0f3636', solid: '#27adab' },
  },
}
