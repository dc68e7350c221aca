import { useEffect, useState } from 'react'
import { reportActivity } from '@/api/auth'
import { end, useSession } from '@/api/session'
import { Button } from '@/ui/Button'
import { useNow } from '@/ui/clock'
import { Dialog } from '@/ui/Dialog'
import { countdown } from '@/ui/format'
import { leave } from './leave'

/** Of a session that lasts two minutes or less, half. */
const WARN_MS = 60_000

/** Asks in the last minute whether anybody is still there. */
export function SessionWarning() {
  const signedIn = useSession(({ state }) => state === 'signedIn')
  return signedIn ? <Watch /> : null
}

function Watch() {
  const now = useNow()
  const activeAt = useSession((session) => session.activeAt)
  const idleMs = useSession((session) => session.idleMs)
  const [pending, setPending] = useState(false)
  const left = activeAt + idleMs - now
  useEffect(() => {
    // The server has forgotten this session by now; so does the page.
    if (left <= 0) end('idle')
  }, [left])

  async function stay() {
    setPending(true)
    await reportActivity().catch(() => undefined)
    setPending(false)
  }

  return (
    <Dialog
      open={left > 0 && left <= Math.min(WARN_MS, idleMs / 2)}
      onClose={() => void stay()}
      title="Still there?"
      description={`You will be signed out in ${countdown(left / 1000)}. What you typed is kept.`}
    >
      <div className="flex justify-end gap-2">
        <Button onClick={() => void leave()}>Sign out</Button>
        <Button look="solid" pending={pending} onClick={() => void stay()}>
          Stay signed in
        </Button>
      </div>
    </Dialog>
  )
}
