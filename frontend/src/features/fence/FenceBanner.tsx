import { Link } from '@tanstack/react-router'
import { useReading } from '../../graphql/useReading'
import { t } from '../../lib/texts'
import { FenceDocument } from './fence.generated'

/** Says on every page that nothing leaves. */
export function FenceBanner({ className }: { className: string | undefined }) {
  const [{ data }] = useReading({ query: FenceDocument, requestPolicy: 'cache-and-network' })
  if (!data?.fence) return null
  return (
    <section className={className} aria-label={t.fence.title}>
      {t.fence.banner} <Link to="/fence">{t.fence.show}</Link>
    </section>
  )
}
