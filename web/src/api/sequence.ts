/**
 * The place in one channel's sequence: it begins with a snapshot's and grows by one.
 *
 * Keeps  nothing is applied after a gap until the next snapshot.
 */
export type Verdict = 'apply' | 'gap' | 'wait'

export class Sequence {
  private next: number | null = null

  /** What to do with a message: apply it, ask again because some are missing, or wait. */
  accept(type: 'snapshot' | 'update', seq: number): Verdict {
    if (type === 'snapshot') {
      this.next = seq + 1
      return 'apply'
    }
    if (this.next === null) return 'wait'
    if (seq !== this.next) {
      this.next = null
      return 'gap'
    }
    this.next = seq + 1
    return 'apply'
  }

  reset() {
    this.next = null
  }
}
