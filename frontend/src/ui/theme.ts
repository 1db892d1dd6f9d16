import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'
import { tones, type Tone } from '../lib/tones'

const ink: MantineColorsTuple = [
  '#eef2ff',
  '#dde4fd',
  '#b9c7f9',
  '#93a7f3',
  '#7189ec',
  '#5571e2',
  '#3f5bd6',
  '#2f4bc4',
  '#263da3',
  '#1f3284',
]

/** Of actions that destroy: white on it is legible, unlike on the usual red. */
const alarm: MantineColorsTuple = [
  '#fdeeee',
  '#f9d9d9',
  '#f1b1b1',
  '#e98686',
  '#e26262',
  '#d94545',
  '#c42b2f',
  '#ab2226',
  '#8f1c20',
  '#741619',
]

const slate: MantineColorsTuple = [
  '#e3e7ed',
  '#c6ccd6',
  '#a1abb9',
  '#7d8796',
  '#4d5664',
  '#363d49',
  '#242a33',
  '#181c22',
  '#12151a',
  '#0d1014',
]

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: 6,
  colors: { ink, red: alarm, dark: slate },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.8125rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  defaultRadius: 6,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  headings: { fontWeight: '600' },
  components: {
    Button: { defaultProps: { size: 'xs', fw: 500 } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    Select: { defaultProps: { size: 'xs', comboboxProps: { shadow: 'md', transitionProps: { duration: 80 } } } },
    NativeSelect: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    // the title bar of a dialog is a <header>: in a portal it would count as a second banner of the page
    Modal: {
      defaultProps: {
        centered: true,
        transitionProps: { duration: 120 },
        attributes: { header: { role: 'presentation' } },
        styles: { title: { fontWeight: 600, lineHeight: 1.35 } },
      },
    },
    Menu: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { shadow: 'md', transitionProps: { duration: 80 } } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 80 } } },
  },
})

function toneVariables(scheme: 'light' | 'dark'): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, shades] of Object.entries(tones) as [Tone, (typeof tones)[Tone]][]) {
    variables[`--tone-${name}-text`] = shades[scheme].text
    variables[`--tone-${name}-back`] = shades[scheme].back
    variables[`--tone-${name}-solid`] = shades[scheme].solid
  }
  return variables
}

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...toneVariables('light'),
    '--w-page': '#f5f6f8',
    '--w-surface': '#ffffff',
    '--w-sunken': '#f8f9fb',
    '--w-border': '#e2e5ea',
    '--w-border-strong': '#cdd2da',
    '--w-text': '#1b2028',
    '--w-dim': '#586170',
    '--w-hover': '#f3f5f9',
    '--w-active': '#e9eefc',
    '--w-accent': '#2f4bc4',
    '--w-shadow': '0 8px 28px rgb(20 26 38 / 14%), 0 1px 3px rgb(20 26 38 / 10%)',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b2028',
    '--mantine-color-dimmed': '#586170',
    '--mantine-color-placeholder': '#6b7482',
    '--mantine-color-error': '#b81f24',
    '--mantine-color-default-border': '#cdd2da',
  },
  dark: {
    ...toneVariables('dark'),
    '--w-page': '#101318',
    '--w-surface': '#161a20',
    '--w-sunken': '#13171c',
    '--w-border': '#272d37',
    '--w-border-strong': '#3a424f',
    '--w-text': '#e2e6ec',
    '--w-dim': '#9ba5b3',
    '--w-hover': '#1c2129',
    '--w-active': '#1f2a48',
    '--w-accent': '#9db0ff',
    '--w-shadow': '0 8px 28px rgb(0 0 0 / 55%), 0 1px 3px rgb(0 0 0 / 50%)',
    '--mantine-color-body': '#161a20',
    '--mantine-color-text': '#e2e6ec',
    '--mantine-color-dimmed': '#9ba5b3',
    '--mantine-color-placeholder': '#8f99a8',
    '--mantine-color-error': '#ff9a97',
    '--mantine-color-default-border': '#3a424f',
    '--mantine-color-default': '#1c2129',
    '--mantine-color-default-hover': '#242a33',
  },
})
