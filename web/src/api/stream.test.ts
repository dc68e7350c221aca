import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, SESSION_ENDED, type SocketLike, Stream } from './stream'

/** A socket whose other end is the test. */
class FakeSocket implements SocketLike {
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  sent: Record<string, unknown>[] = []
  closed = false

  send(text: string) {
    this.sent.push(JSON.parse(text) as Record<string, unknown>)
  }
  close() {
    this.closed = true
  }
  opens() {
    this.readyState = 1
    this.onopen?.()
  }
  says(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  ops(): string[] {
    return this.sent.map(({ op, channels }) =>
      Array.isArray(channels) ? `${String(op)} ${channels.join(' ')}` : String(op),
    )
  }
}

function rig(token: string | null = null, restarts = false) {
  const sockets: FakeSocket[] = []
  const told: Connection[] = []
  let counted = 0
  let ended = 0
  let refused = 0
  const stream = new Stream({
    open: () => {
      const socket = new FakeSocket()
      sockets.push(socket)
      return socket
    },
    token: () => token,
    changed: (connection) => told.push(connection),
    tokenRefused: () => (refused += 1),
    sessionEnded: () => {
      ended += 1
      // As the page does: it ends the session, and who is nobody listens on a socket of their own.
      if (restarts) stream.restart()
    },
    heard: () => (counted += 1),
    now: () => Date.now(),
  })
  const heard: string[] = []
  const listener = {
    message: ({ type, seq }: { type: string; seq: number }) => void heard.push(`${type} ${seq}`),
    lost: () => void heard.push('lost'),
  }
  const last = () => sockets[sockets.length - 1] as FakeSocket
  return {
    stream,
    sockets,
    told,
    heard,
    listener,
    last,
    counted: () => counted,
    ended: () => ended,
    refused: () => refused,
  }
}

const message = (channel: string, type: string, seq: number) => ({ channel, type, seq, at: '' })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('the stream', () => {
  it('subscribes when the socket opens and hears its channel', () => {
    const { stream, heard, listener, last } = rig()
    stream.listen('book:A', listener)
    last().opens()
    last().says(message('book:A', 'snapshot', 5))
    last().says(message('book:A', 'update', 6))
    expect(last().ops()).toEqual(['subscribe book:A', 'ping'])
    expect(heard).toEqual(['snapshot 5', 'update 6'])
  })

  it('asks for a snapshot after a gap and applies nothing before it', () => {
    const { stream, heard, listener, last } = rig()
    stream.listen('book:A', listener)
    last().opens()
    last().says(message('book:A', 'snapshot', 5))
    last().says(message('book:A', 'update', 7))
    last().says(message('book:A', 'update', 8))
    last().says(message('book:A', 'snapshot', 9))
    expect(heard).toEqual(['snapshot 5', 'lost', 'snapshot 9'])
    vi.advanceTimersByTime(0)
    expect(last().ops().slice(2)).toEqual(['unsubscribe book:A', 'subscribe book:A'])
  })

  it('asks for a snapshot when a listener finds its data impossible', () => {
    const { stream, last } = rig()
    const heard: string[] = []
    stream.listen('book:A', { message: () => 'impossible', lost: () => void heard.push('lost') })
    last().opens()
    last().says(message('book:A', 'snapshot', 1))
    expect(heard).toEqual(['lost'])
    vi.advanceTimersByTime(0)
    expect(last().ops()).toContain('unsubscribe book:A')
  })

  it('subscribes to private channels only once the session is known', () => {
    const { stream, listener, last } = rig('token')
    stream.listen('orders', listener)
    last().opens()
    expect(last().ops()).toEqual(['auth', 'ping'])
    last().says({ op: 'auth', ok: true })
    vi.advanceTimersByTime(0)
    expect(last().ops()).toContain('subscribe orders')
  })

  it('opens again after a loss, subscribes again and says what it is', () => {
    const { stream, sockets, told, heard, listener, last } = rig()
    stream.listen('book:A', listener)
    last().opens()
    last().says({ op: 'pong' })
    last().says(message('book:A', 'snapshot', 1))
    last().onclose?.({ code: 1006 })
    expect(heard).toEqual(['snapshot 1', 'lost'])
    vi.advanceTimersByTime(500)
    expect(sockets).toHaveLength(2)
    last().opens()
    last().says({ op: 'pong' })
    expect(last().ops()).toContain('subscribe book:A')
    expect(told.map(({ state }) => state)).toEqual(['connecting', 'live', 'stale', 'live'])
  })

  it('takes silence for a loss', () => {
    const { stream, sockets, listener, last } = rig()
    stream.listen('book:A', listener)
    last().opens()
    last().says({ op: 'pong' })
    vi.advanceTimersByTime(20_000)
    expect(sockets[0]?.closed).toBe(true)
    expect(sockets.length).toBeGreaterThan(1)
  })

  it('takes silence for a loss although somebody set the clock back', () => {
    const { stream, sockets, listener, last } = rig()
    stream.listen('book:A', listener)
    last().opens()
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(30_000)
    expect(sockets[0]?.closed).toBe(true)
  })

  it('says that it failed after some attempts, and goes on', () => {
    const { stream, sockets, told, listener, last } = rig()
    stream.listen('book:A', listener)
    for (let attempt = 0; attempt < 6; attempt += 1) {
      last().onclose?.({ code: 1006 })
      vi.advanceTimersByTime(10_000)
    }
    expect(told[told.length - 1]?.state).toBe('failed')
    expect(sockets).toHaveLength(7)
  })

  it('tells that the session ended', () => {
    const { stream, listener, last, ended } = rig('token')
    stream.listen('orders', listener)
    last().opens()
    last().onclose?.({ code: SESSION_ENDED })
    expect(ended()).toBe(1)
  })

  it('has one socket after the session ended, however slowly that one opens', () => {
    const { stream, sockets, listener, last, ended } = rig('token', true)
    stream.listen('orders', listener)
    last().opens()
    last().onclose?.({ code: SESSION_ENDED })
    expect(ended()).toBe(1)
    vi.advanceTimersByTime(1_000)
    expect(sockets.map(({ onclose }) => onclose !== null)).toEqual([false, true])
    last().opens()
    last().onclose?.({ code: 1006 })
    vi.advanceTimersByTime(1_000)
    expect(sockets).toHaveLength(3)
  })

  it('does not take a page that slept for a dead connection', () => {
    const { stream, sockets, listener, last } = rig()
    let now = 0
    vi.spyOn(Date, 'now').mockImplementation(() => now)
    stream.listen('book:A', listener)
    last().opens()
    last().says({ op: 'pong' })
    for (let minute = 1; minute <= 3; minute += 1) {
      now = minute * 60_000
      vi.advanceTimersToNextTimer()
      last().says({ op: 'pong' })
    }
    expect(sockets).toHaveLength(1)
    now += 60_000
    vi.advanceTimersToNextTimer()
    now += 60_000
    vi.advanceTimersToNextTimer()
    expect(sockets[0]?.closed).toBe(true)
  })

  it('says that something was heard, whatever it is', () => {
    const { stream, listener, last, counted } = rig()
    stream.listen('book:A', listener)
    last().opens()
    last().says({ op: 'pong' })
    last().says(message('book:A', 'snapshot', 1))
    expect(counted()).toBe(2)
  })

  it('asks for a new token when the server takes this one no more', () => {
    const { stream, listener, last, refused } = rig('token')
    stream.listen('orders', listener)
    last().opens()
    last().says({ op: 'auth', ok: false, error: { code: 'unauthorized', detail: '' } })
    expect(refused()).toBe(1)
  })

  it('says in one message what is asked for at once', () => {
    const { stream, listener, last } = rig()
    const close = stream.listen('book:A', listener)
    last().opens()
    stream.listen('trades:A', listener)
    stream.listen('candles:A:1m', listener)
    close()
    vi.advanceTimersByTime(0)
    expect(last().ops().slice(2)).toEqual(['unsubscribe book:A', 'subscribe trades:A candles:A:1m'])
  })

  it('unsubscribes when nobody listens any more', () => {
    const { stream, listener, last } = rig()
    const first = stream.listen('book:A', listener)
    const second = stream.listen('book:A', { ...listener })
    last().opens()
    first()
    vi.advanceTimersByTime(0)
    expect(last().ops()).not.toContain('unsubscribe book:A')
    second()
    vi.advanceTimersByTime(0)
    expect(last().ops()).toContain('unsubscribe book:A')
  })
})
