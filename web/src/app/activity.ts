/** Tells the server that a person is there, when clicks and keys cause no request of their own. */
import { useEffect } from 'react'
import { reportActivity } from '@/api/auth'
import { idleFor, useSession } from '@/api/session'

/** More often would tell nothing new. */
const REPORT_AFTER_MS = 60_000

export function useActivity() {
  useEffect(() => {
    let reporting = false
    function acted() {
      const quiet = idleFor(Date.now()) < REPORT_AFTER_MS
      if (reporting || quiet || useSession.getState().state !== 'signedIn') return
      reporting = true
      // A lost report is made up for by the next click.
      reportActivity()
        .catch(() => undefined)
        .finally(() => {
          reporting = false
        })
    }
    addEventListener('pointerdown', acted)
    addEventListener('keydown', acted)
    return () => {
      removeEventListener('pointerdown', acted)
      removeEventListener('keydown', acted)
    }
  }, [])
}
