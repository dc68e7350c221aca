import { describe, expect, it } from 'vitest'
import { qr } from './qr'

const picture = (text: string) =>
  qr(text).map((line) => line.map((dark) => (dark ? '#' : '.')).join(''))

describe('QR codes', () => {
  // Read back once with an independent reader; so were lengths from 1 to 412 bytes.
  it('draws what a reader reads as HELLO', () => {
    expect(picture('HELLO')).toEqual([
      '#######.#..#..#######',
      '#.....#.####..#.....#',
      '#.###.#...#.#.#.###.#',
      '#.###.#.#.#.#.#.###.#',
      '#.###.#....#..#.###.#',
      '#.....#....##.#.....#',
      '#######.#.#.#.#######',
      '........#..##........',
      '#.##.###.#.##.#..#.##',
      '.##.##.#.######..##..',
      '#...#.#..#.#.......##',
      '#.##...#...#..####.#.',
      '.#.######...#..#..#.#',
      '........####..#...#.#',
      '#######.#..##..#.....',
      '#.....#.#.#....#####.',
      '#.###.#.....######.##',
      '#.###.#.#.##..#.####.',
      '#.###.#.##..#.##..#..',
      '#.....#...#..#.##...#',
      '#######.#.#..#.#.....',
    ])
  })

  it('is as large as its text needs', () => {
    const sizes = [14, 15, 100, 412].map((length) => qr('x'.repeat(length)).length)
    expect(sizes).toEqual([21, 25, 41, 77])
  })

  it('refuses what is too long', () => {
    expect(() => qr('x'.repeat(413))).toThrow('too long')
  })
})
