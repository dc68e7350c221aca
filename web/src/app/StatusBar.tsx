import { useCancelAfter } from '@/api/cancelAfter'
import { useSession } from '@/api/session'
import { useConnection } from '@/api/connection'
import type { ConnectionState } from '@/api/stream'
import { useNow } from '@/ui/clock'
import { countdown } from '@/ui/format'
import { Dot } from '@/ui/Marks'

const FACES: Record<ConnectionState, { tone: 'good' | 'warn' | 'bad' | 'plain'; words: string }> = {
  idle: { tone: 'plain', words: 'Not connected' },
  connecting: { tone: 'plain', words: 'Connecting' },
  live: { tone: 'good', words: 'Live' },
  stale: { tone: 'warn', words: 'Reconnecting' },
  failed: { tone: 'bad', words: 'No connection' },
}

export function StatusBar() {
  const { state, latencyMs } = useConnection()
  const armed = useCancelAfter((after) => after.armed)
  const { tone, words } = FACES[state]
  return (
    <footer
      className="figures flex h-6 shrink-0 items-center gap-4 border-t border-line bg-s1 px-3 text-2xs
        text-t3"
    >
      <span role="status" className="flex items-center gap-1.5">
        <Dot tone={tone} />
        <span className="text-t2">{words}</span>
      </span>
      {latencyMs !== null && <span>{Math.max(1, Math.round(latencyMs))} ms</span>}
      {armed && <span className="text-warn">Cancel on disconnect is on</span>}
      <div className="flex-1" />
      <Clocks />
    </footer>
  )
}

function Clocks() {
  const now = useNow()
  const { state, activeAt, idleMs } = useSession()
  const left = (activeAt + idleMs - now) / 1000
  return (
    <>
      {state === 'signedIn' && (
        <span title="Counts anew with everything you do">Session {countdown(left)}</span>
      )}
      <span>{new Date(now).toISOString().slice(11, 19)} UTC</span>
    </>
  )
}
