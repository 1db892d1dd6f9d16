import '../../src/ui/mantine.css'
import '../../src/ui/styles.css'
import { createRoot } from 'react-dom/client'
import { loadTexts } from '../../src/lib/texts'

// As in the product: what is drawn comes after its texts.
await loadTexts()
const [{ Stage }, { stories }] = await Promise.all([import('./Stage'), import('./stories')])

const name = decodeURIComponent(window.location.hash.slice(1))
const story = stories[name]
document.title = `${name || 'Stories'} · Writ`

createRoot(document.getElementById('root') as HTMLElement).render(
  story ? (
    <Stage {...story} />
  ) : (
    <ul>
      {Object.keys(stories).map((known) => (
        <li key={known}>
          <a href={`#${known}`} onClick={() => setTimeout(() => window.location.reload())}>
            {known}
          </a>
        </li>
      ))}
    </ul>
  ),
)
