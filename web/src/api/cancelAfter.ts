/**
 * Cancel on disconnect: the server cancels all open orders some minutes after it heard the last of
 * this browser's pages.
 *
 * Keeps  the switch says "on" for as long as any page renews, and none renews once it says "off":
 *        what is not answered leaves it on. What somebody asked for is not done in the name of who
 *        signed in since. Renewing is no activity of a person: it does not keep
 *        the session alive, so orders are cancelled too when the session ends.
 */
import { create } from 'zustand'
import { post } from './client'
import { onHeard } from './connection'
import { outcomeOf } from './outcome'
import { useSession, visit } from './session'

/** Browsers let the timers of a hidden page run once a minute: of three renewals one is enough. */
const TIMEOUT_MS = 180_000
const RENEW_EVERY_MS = 20_000
/** Who has not answered by then does not. */
const ANSWER_MAX_MS = 10_000

/** Whether it is on for somebody: outlives a reload, and their other pages here hear of it. */
const keptOf = (userId: string) => `rialto.cancelAfter.${userId}`
type Kept = 'on' | 'off'

/** `confirmed`: whether the server answered what it was asked last. */
type CancelAfter = { armed: boolean; confirmed: boolean }

const OFF: CancelAfter = { armed: false, confirmed: false }

export const useCancelAfter = create<CancelAfter>()(() => OFF)

let renewal: ReturnType<typeof setInterval> | undefined
let renewedAt = 0
/** One is asked after the other: a renewal that was late would arm what was switched off. */
let line: Promise<unknown> = Promise.resolve()
let underWay = 0

/** Whether it was done for who asked, and they are still here. */
function ask(timeoutMs: number, person: boolean): Promise<boolean> {
  const by = visit()
  const isStill = () => visit() === by
  underWay += 1
  const asked = line.then(async () => {
    const signal = AbortSignal.timeout(ANSWER_MAX_MS)
    try {
      if (isStill()) await post('/trading/cancel-after', { timeoutMs }, { person, signal })
    } catch (error) {
      if (isStill()) throw error
    }
    return isStill()
  })
  line = asked.then(
    () => (underWay -= 1),
    () => (underWay -= 1),
  )
  return asked
}

/** Sets the timer again. What fails is what the server waits for; the next may come in time. */
async function renew(person = false) {
  renewedAt = Date.now()
  let confirmed = true
  try {
    if (!(await ask(TIMEOUT_MS, person))) return
  } catch (error) {
    if (person && outcomeOf(error) === 'refused') throw error
    confirmed = false
  }
  if (renewal !== undefined) useCancelAfter.setState({ confirmed })
}

/** Called by a timer, and by what is heard: a hidden page's timers sleep, its socket does not. */
function renewIfDue() {
  const since = Date.now() - renewedAt
  // Somebody may have set the clock back.
  const due = since >= RENEW_EVERY_MS || since < 0
  if (renewal !== undefined && due && underWay === 0) void renew()
}

function start() {
  renewal ??= setInterval(renewIfDue, RENEW_EVERY_MS)
  useCancelAfter.setState({ armed: true })
}

function stop() {
  clearInterval(renewal)
  renewal = undefined
  useCancelAfter.setState(OFF)
}

/** Fails only where the server refused: without an answer it may be on, and is renewed. */
export async function arm() {
  start()
  keep('on')
  try {
    await renew(true)
  } catch (error) {
    stop()
    keep('off')
    throw error
  }
}

/** Fails where the server did not say that it is off: then it stays on. */
export async function disarm() {
  if (!(await ask(0, true))) return
  stop()
  keep('off')
}

function keep(kept: Kept) {
  const { user } = useSession.getState()
  if (user !== null) localStorage.setItem(keptOf(user.id), kept)
}

/** As this browser has it: for a page that was loaded, or hears of another. */
function follow() {
  const { state, user } = useSession.getState()
  if (state !== 'signedIn' || user === null) return
  const kept = localStorage.getItem(keptOf(user.id))
  if (kept === 'on' && renewal === undefined) {
    start()
    void renew()
  } else if (kept === 'off' && renewal !== undefined) {
    stop()
    // The last renewal of this page may have come behind the word of the other.
    void ask(0, false).catch(() => undefined)
  }
}

/** Goes on with what was on when the page was loaded, and keeps it until the answer is called. */
export function followCancelAfter(): () => void {
  const closes = [
    onHeard(renewIfDue),
    useSession.subscribe(({ state }, before) => {
      if (state === before.state) return
      if (state !== 'signedOut') return follow()
      // The timer runs down, for that is what it is for; nobody says "off" to other pages.
      stop()
      if (before.user !== null) localStorage.removeItem(keptOf(before.user.id))
    }),
  ]
  const heard = ({ key }: StorageEvent) => {
    const { user } = useSession.getState()
    if (user !== null && key === keptOf(user.id)) follow()
  }
  addEventListener('storage', heard)
  follow()
  return () => {
    removeEventListener('storage', heard)
    for (const close of closes) close()
  }
}
