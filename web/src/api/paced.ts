/**
 * Paints at most so often as a person can read, in frames of the browser.
 *
 * Keeps  the last change is always painted; nothing is painted while the page is hidden, and once
 *        when it is shown again.
 */
export type Paced = { dirty: () => void; stop: () => void }

export function paced(perSecond: number, paint: () => void): Paced {
  const gapMs = 1_000 / perSecond
  let waiting = false
  let paintedAt = Number.NEGATIVE_INFINITY
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function draw(now: number) {
    waiting = false
    paintedAt = now
    paint()
  }

  function dirty() {
    if (waiting || document.hidden) return
    waiting = true
    const rest = paintedAt + gapMs - performance.now()
    if (rest <= 0) frame = requestAnimationFrame(draw)
    else timer = setTimeout(() => (frame = requestAnimationFrame(draw)), rest)
  }

  function shown() {
    if (!document.hidden) dirty()
  }

  document.addEventListener('visibilitychange', shown)
  return {
    dirty,
    stop() {
      document.removeEventListener('visibilitychange', shown)
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    },
  }
}
