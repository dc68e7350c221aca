/** Keeps one market's book up to date and says when it changed. */
import { Book } from './book'
import { stream } from './connection'
import type { MessageOf } from './wire'

export type BookState = 'connecting' | 'live' | 'stale' | 'failed'

export class BookFeed {
  readonly book: Book
  state: BookState = 'connecting'
  /** When the last message came, in milliseconds. */
  heardAt = 0
  private readonly watchers = new Set<() => void>()
  private close: (() => void) | null = null

  constructor(
    readonly symbol: string,
    pricePlaces: number,
    sizePlaces: number,
  ) {
    this.book = new Book(pricePlaces, sizePlaces)
  }

  /** Calls `changed` after every change until the answer is called. The first watcher subscribes. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed)
    this.close ??= stream.listen(`book:${this.symbol}`, {
      message: (message) => this.hear(message),
      lost: () => this.become(this.state === 'connecting' ? 'connecting' : 'stale'),
      failed: () => this.become('failed'),
    })
    return () => {
      this.watchers.delete(changed)
      if (this.watchers.size > 0) return
      this.close?.()
      this.close = null
    }
  }

  private hear(message: MessageOf<`book:${string}`>): 'impossible' | void {
    if (message.type === 'snapshot') this.book.snapshot(message)
    else this.book.update(message)
    if (this.book.crossed()) return 'impossible'
    this.heardAt = Date.now()
    this.become('live')
  }

  private become(state: BookState) {
    this.state = state
    for (const changed of this.watchers) changed()
  }
}
