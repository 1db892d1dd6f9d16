import './ui/mantine.css'
import './ui/styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { Forbidden } from './app/frame'
import { readStored } from './lib/storage'
import { tellStyleNonce } from './lib/styleNonce'
import { loadTexts, t } from './lib/texts'

tellStyleNonce()
document.documentElement.dataset.density = readStored('density', 'dense')

const root = document.getElementById('root')
if (root) void begin(root)

async function begin(root: HTMLElement) {
  try {
    if (location.pathname !== '/sign-in') await loadTexts()
  } catch {
    root.textContent = t.signIn.unreachable
    return
  }
  createRoot(root, {
    onCaughtError: (error) => {
      // A page that somebody may not open is an answer, not a fault.
      // eslint-disable-next-line no-console -- what React does by itself
      if (!(error instanceof Forbidden)) console.error(error)
    },
  }).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
