import { stream, useConnection } from '@/api/connection'
import { Button } from '@/ui/Button'
import { useNow } from '@/ui/clock'
import { ago } from '@/ui/format'

/** Shorter losses pass unseen. */
const SHOWN_AFTER_MS = 1_500

/** Says when what the page shows is no longer live. */
export function ConnectionBanner() {
  const { state, since } = useConnection()
  if (state !== 'stale' && state !== 'failed') return null
  return <Banner failed={state === 'failed'} since={since} />
}

function Banner({ failed, since }: { failed: boolean; since: number }) {
  const now = useNow()
  if (now - since < SHOWN_AFTER_MS && !failed) return null
  return (
    <div
      role="alert"
      className="flex shrink-0 items-center justify-center gap-3 border-b border-warn/50 bg-warn-soft
        px-3 py-1 text-sm text-warn"
    >
      <span>
        {failed ? 'No connection to the server' : 'Reconnecting'}. Prices are {ago(since, now)} old:
        no new orders until they are live. Cancelling is tried all the same.
      </span>
      <Button size="small" onClick={() => stream.restart()}>
        Try now
      </Button>
    </div>
  )
}
