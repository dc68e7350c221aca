/** The stream of this page, and how it fares. */
import { create } from 'zustand'
import { end, heldToken, refresh, useSession, whyEnded } from './session'
import { type Connection, type SocketLike, Stream } from './stream'

export const useConnection = create<Connection>()(() => ({
  state: 'idle',
  since: 0,
  latencyMs: null,
}))

function address(): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  return `${scheme}://${location.host}/api/v1/stream`
}

const hearers = new Set<() => void>()

/**
 * Calls `heard` whenever the server says anything, until the answer is called: also in a hidden
 * page, whose timers are held back.
 */
export function onHeard(heard: () => void): () => void {
  hearers.add(heard)
  return () => void hearers.delete(heard)
}

export const stream = new Stream({
  open: () => new WebSocket(address()) as SocketLike,
  token: heldToken,
  changed: (connection) => useConnection.setState(connection),
  tokenRefused: () => void refresh(heldToken()),
  sessionEnded: () => {
    if (useSession.getState().state === 'signedIn') end(whyEnded())
  },
  heard: () => hearers.forEach((heard) => heard()),
  now: () => Date.now(),
})

useSession.subscribe((now, before) => {
  if (now.state !== before.state && before.state !== 'unknown') stream.restart()
  else if (now.token !== before.token) stream.authenticate()
})
