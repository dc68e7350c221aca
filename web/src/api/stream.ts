/**
 * The one socket: subscriptions that outlive it, sequences that are checked, silence that is noticed.
 *
 * Keeps  there is one socket at most; a channel is subscribed once however many listen; a gap, or a
 *        listener that finds its data impossible, asks for a new snapshot; private channels wait for the session's token; what
 *         is asked for at once goes in one message, because the server counts messages.
 * Fails  a lost socket is opened again after a growing pause, for as long as somebody listens.
 */
import { Sequence } from './sequence'
import { type Answer, type ChannelName, type MessageOf, read, type StreamMessage } from './wire'

/** Hears a channel. Answering 'impossible' asks for a new snapshot. */
export type Listener<Message extends StreamMessage = StreamMessage> = {
  // A method, so that one set holds listeners of all channels: each hears its own only.
  message(message: Message): 'impossible' | void
  /** What was heard is no longer kept up to date, until the next snapshot. */
  lost: () => void
  failed?: (reason: string) => void
}

export type ConnectionState = 'idle' | 'connecting' | 'live' | 'stale' | 'failed'
export type Connection = {
  state: ConnectionState
  /** Since when, in milliseconds. */
  since: number
  /** The road to the server and back. */
  latencyMs: number | null
}

export type SocketLike = {
  readonly readyState: number
  send: (text: string) => void
  close: () => void
  onopen: (() => void) | null
  onmessage: ((event: { data: string }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

type StreamOptions = {
  open: () => SocketLike
  token: () => string | null
  changed: (connection: Connection) => void
  /** The server does not take the token any more. */
  tokenRefused: () => void
  /** The server ended the session of this socket. */
  sessionEnded: () => void
  /** Something came from the server. */
  heard: () => void
  now: () => number
}

const PRIVATE = new Set<ChannelName>(['orders', 'fills', 'balances', 'notifications'])
const PING_EVERY_MS = 5_000
/** Longer silence than this, though a pong is due, is a dead connection. */
const SILENCE_MAX_MS = 12_000
const PAUSE_MIN_MS = 500
const PAUSE_MAX_MS = 8_000
/** After so many attempts in a row people are told that it failed; it goes on all the same. */
const ATTEMPTS_BEFORE_FAILED = 5
const OPEN = 1
/** The server's code for a socket whose session has ended. */
export const SESSION_ENDED = 4401

type Channel = { listeners: Set<Listener>; sequence: Sequence }

export class Stream {
  private socket: SocketLike | null = null
  private readonly channels = new Map<ChannelName, Channel>()
  private authenticated = false
  /** Channels to leave and to enter with the next messages: first those, then these. */
  private leaving = new Set<ChannelName>()
  private entering = new Set<ChannelName>()
  private asking: ReturnType<typeof setTimeout> | undefined
  private attempts = 0
  private heardAt = 0
  /** When the oldest ping was sent that has no pong yet. */
  private pingedAt: number | null = null
  private pulse: ReturnType<typeof setInterval> | undefined
  private reopening: ReturnType<typeof setTimeout> | undefined
  private connection: Connection = { state: 'idle', since: 0, latencyMs: null }

  constructor(private readonly options: StreamOptions) {}

  /** Listens to a channel until the answer is called. A second listener gets a fresh snapshot. */
  listen<Name extends ChannelName>(name: Name, listener: Listener<MessageOf<Name>>): () => void {
    let channel = this.channels.get(name)
    if (channel) {
      channel.listeners.add(listener)
      this.again(name, channel)
    } else {
      channel = { listeners: new Set([listener]), sequence: new Sequence() }
      this.channels.set(name, channel)
      this.enter([name])
    }
    if (this.socket === null && this.reopening === undefined) this.connect()
    return () => this.unlisten(name, listener)
  }

  /** Opens a new socket at once: somebody signed in or out, or does not want to wait. */
  restart() {
    this.drop()
    this.attempts = 0
    if (this.channels.size > 0) this.connect()
  }

  /** Tells the server the session's newest token. */
  authenticate() {
    const token = this.options.token()
    if (token !== null && this.socket?.readyState === OPEN) this.send({ op: 'auth', token })
  }

  private unlisten(name: ChannelName, listener: Listener) {
    const channel = this.channels.get(name)
    if (!channel?.listeners.delete(listener) || channel.listeners.size > 0) return
    this.channels.delete(name)
    this.leave(name)
  }

  private connect() {
    clearTimeout(this.reopening)
    this.reopening = undefined
    if (this.connection.state === 'idle') this.tell('connecting')
    const socket = this.options.open()
    this.socket = socket
    this.authenticated = false
    socket.onopen = () => {
      this.heardAt = this.options.now()
      this.pulse = setInterval(() => this.beat(), PING_EVERY_MS)
      this.authenticate()
      // A new socket has nothing to leave.
      this.leaving.clear()
      this.enter([...this.channels.keys()])
      this.ask()
      this.ping()
    }
    socket.onmessage = (event) => this.hear(event.data)
    socket.onclose = (event) => this.closed(event.code)
  }

  private drop() {
    clearInterval(this.pulse)
    clearTimeout(this.asking)
    this.asking = undefined
    this.leaving.clear()
    this.entering.clear()
    clearTimeout(this.reopening)
    this.reopening = undefined
    this.pingedAt = null
    const socket = this.socket
    this.socket = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
    this.lose()
  }

  private closed(code: number) {
    this.drop()
    if (code === SESSION_ENDED) this.options.sessionEnded()
    // Whoever ended the session here has opened another at once.
    if (this.socket !== null) return
    if (this.channels.size === 0) return this.tell('idle')
    this.attempts += 1
    const wasLive = this.connection.state === 'live' || this.connection.state === 'stale'
    if (this.attempts >= ATTEMPTS_BEFORE_FAILED) this.tell('failed')
    else this.tell(wasLive ? 'stale' : 'connecting')
    const pause = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (this.attempts - 1))
    this.reopening = setTimeout(() => this.connect(), pause)
  }

  private lose() {
    for (const channel of this.channels.values()) {
      channel.sequence.reset()
      for (const listener of channel.listeners) listener.lost()
    }
  }

  private beat() {
    const now = this.options.now()
    // Somebody may have set the clock back: it is counted from there.
    this.heardAt = Math.min(this.heardAt, now)
    if (this.pingedAt !== null) this.pingedAt = Math.min(this.pingedAt, now)
    // Beats of a hidden page are a minute apart: silence between them is nobody's fault.
    const due = this.pingedAt !== null && now - this.pingedAt >= PING_EVERY_MS
    if (due && now - this.heardAt > SILENCE_MAX_MS) this.closed(0)
    else this.ping()
  }

  private ping() {
    this.pingedAt ??= this.options.now()
    this.send({ op: 'ping' })
  }

  private again(name: ChannelName, channel: Channel) {
    channel.sequence.reset()
    this.leave(name)
    this.enter([name])
  }

  private enter(names: ChannelName[]) {
    for (const name of names) {
      if (this.authenticated || !PRIVATE.has(name)) this.entering.add(name)
    }
    this.asking ??= setTimeout(() => this.ask(), 0)
  }

  private leave(name: ChannelName) {
    this.entering.delete(name)
    this.leaving.add(name)
    this.asking ??= setTimeout(() => this.ask(), 0)
  }

  /** Says which channels to leave and which to enter. A socket that is not open yet hears it then. */
  private ask() {
    clearTimeout(this.asking)
    this.asking = undefined
    if (this.socket?.readyState !== OPEN) return
    const [leaving, entering] = [[...this.leaving], [...this.entering]]
    this.leaving.clear()
    this.entering.clear()
    if (leaving.length > 0) this.send({ op: 'unsubscribe', channels: leaving })
    if (entering.length > 0) this.send({ op: 'subscribe', channels: entering })
  }

  private send(message: object) {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message))
  }

  private hear(text: string) {
    this.heardAt = this.options.now()
    this.options.heard()
    const message = read(text)
    if ('op' in message) return this.answered(message)
    const channel = this.channels.get(message.channel)
    if (!channel) return
    const verdict = channel.sequence.accept(message.type, message.seq)
    if (verdict === 'wait') return
    let impossible = verdict === 'gap'
    if (!impossible) {
      for (const listener of channel.listeners) {
        if (listener.message(message) === 'impossible') impossible = true
      }
    }
    if (!impossible) return
    for (const listener of channel.listeners) listener.lost()
    this.again(message.channel, channel)
  }

  private answered(answer: Answer) {
    if (answer.op === 'pong') return this.ponged()
    if (answer.op === 'auth' && !answer.ok) this.options.tokenRefused()
    if (answer.op === 'auth' && answer.ok && !this.authenticated) {
      this.authenticated = true
      this.enter([...this.channels.keys()].filter((name) => PRIVATE.has(name)))
    }
    if (answer.op !== 'subscribe' || answer.ok) return
    for (const name of answer.channels ?? []) {
      for (const listener of this.channels.get(name)?.listeners ?? []) {
        listener.failed?.(answer.error?.detail ?? 'The server refused this channel.')
      }
    }
  }

  private ponged() {
    const latencyMs = this.pingedAt === null ? null : this.options.now() - this.pingedAt
    this.pingedAt = null
    this.attempts = 0
    this.tell('live', latencyMs)
  }

  private tell(state: ConnectionState, latencyMs: number | null = null) {
    const since = state === this.connection.state ? this.connection.since : this.options.now()
    this.connection = { state, since, latencyMs }
    this.options.changed(this.connection)
  }
}
