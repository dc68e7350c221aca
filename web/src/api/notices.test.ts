import { describe, expect, it } from 'vitest'
import { withTold } from './notices'
import type { Notification } from './shapes'
import type { MessageOf } from './wire'

type Told = MessageOf<'notifications'>

const notice = (id: string, read = false): Notification => ({
  id,
  kind: 'orderFilled',
  title: 'Order filled',
  detail: null,
  at: '2026-11-21T12:00:00Z',
  read,
  subject: null,
})
const told = (rest: Partial<Told>): Told => ({
  channel: 'notifications',
  type: 'update',
  seq: 1,
  at: '',
  items: [],
  unread: 0,
  ...rest,
})
const before = { items: [notice('9')], unread: 1, more: false }

describe('notices', () => {
  it('are those of a snapshot, whatever was there before', () => {
    const snapshot = told({ type: 'snapshot', items: [notice('3', true)] })
    expect(withTold(before, snapshot)).toEqual({
      items: [notice('3', true)],
      unread: 0,
      more: false,
    })
  })

  it('grow at the newer end', () => {
    const after = withTold(before, told({ items: [notice('10')], unread: 2 }))
    expect(after.items.map(({ id }) => id)).toEqual(['10', '9'])
    expect(after.unread).toBe(2)
  })

  it('are read up to the one that somebody read, counted as numbers', () => {
    const both = { ...before, items: [notice('10'), notice('9')], unread: 2 }
    const after = withTold(both, told({ unread: 1, readThrough: '9' }))
    expect(after.items.map(({ id, read }) => [id, read])).toEqual([
      ['10', false],
      ['9', true],
    ])
  })
})
