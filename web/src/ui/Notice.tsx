import type { ReactNode } from 'react'
import { classes } from './classes'

const TONES = {
  warn: 'border-warn/50 bg-warn-soft',
  bad: 'border-bad/50 bg-bad-soft',
  good: 'border-good/50 bg-good-soft',
  plain: 'border-line bg-s2',
}

type NoticeProps = { tone: keyof typeof TONES; title?: string; children: ReactNode }

/** A framed message inside a page or form. Errors are announced. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div
      role={tone === 'bad' ? 'alert' : undefined}
      className={classes('rounded-md border px-3 py-2 text-sm', TONES[tone])}
    >
      {title && <p className="font-medium">{title}</p>}
      <div className="text-t2">{children}</div>
    </div>
  )
}
