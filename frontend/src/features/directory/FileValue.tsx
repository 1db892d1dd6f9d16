import { formatBytes } from '../../lib/format'
import { t } from '../../lib/texts'
import classes from './FileValue.module.css'
import type { FileValueFragment } from './FileValue.generated'

/** Kinds of pictures that every browser draws and none runs. */
const pictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** A file: a picture as one, anything else to be kept. */
export function FileValue({ name, file }: { name: string; file: FileValueFragment }) {
  const isPicture = pictures.includes(file.mediaType)
  const kind = isPicture ? file.mediaType : 'application/octet-stream' // what it says of itself is not believed
  const address = `data:${kind};base64,${file.content}`
  return (
    <span className={classes.file}>
      {isPicture && <img className={classes.picture} src={address} alt={name} />}
      <a href={address} download={`${name}-${file.sha256.slice(0, 8)}`}>
        {t.person.keepFile(formatBytes(file.size))}
      </a>
    </span>
  )
}
