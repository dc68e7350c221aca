/** The colours of the page as the chart wants them: it draws on a canvas and knows no variables. */
export type Colours = Record<
  'text' | 'line' | 'label' | 'up' | 'down' | 'upSoft' | 'downSoft',
  string
>

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string) => style.getPropertyValue(name).trim()
  const soft = (name: string) => `${hex(resolved(read(name)))}66`
  return {
    text: resolved(read('--t3')),
    line: `${resolved(read('--line'))}80`,
    label: resolved(read('--accent-solid')),
    up: resolved(read('--up')),
    down: resolved(read('--down')),
    upSoft: soft('--up'),
    downSoft: soft('--down'),
  }
}

/** A variable may name another one: the browser knows what it comes to. */
function resolved(value: string): string {
  const probe = document.createElement('span')
  probe.style.color = value
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return hex(colour)
}

/** `rgb(62, 207, 142)` as `#3ecf8e`. */
function hex(colour: string): string {
  const parts = /^rgba?\((\d+), (\d+), (\d+)/.exec(colour)
  if (!parts) return colour
  const two = (part: string | undefined) => Number(part).toString(16).padStart(2, '0')
  return `#${two(parts[1])}${two(parts[2])}${two(parts[3])}`
}

/** Calls `changed` when theme or market colours change, until the answer is called. */
export function watchColours(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['data-theme', 'data-market'],
  })
  return () => observer.disconnect()
}
