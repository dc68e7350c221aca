/** The faces of a view that has nothing to show: it loads, it is empty, it failed. */
import { type ReactNode, useEffect, useState } from 'react'
import { Button } from './Button'
import { classes } from './classes'

/** Sooner, a skeleton would only flicker. */
const SKELETON_AFTER_MS = 150
/** Later, a person wants to know what is being waited for. */
const WORDS_AFTER_MS = 5_000

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={classes('rounded-sm bg-s3', className)} />
}

type LoadingProps = {
  /** What is being waited for: "Waiting for your orders". */
  label: string
  rows?: number
  className?: string
}

export function Loading({ label, rows = 4, className }: LoadingProps) {
  const [phase, setPhase] = useState<'nothing' | 'skeleton' | 'words'>('nothing')
  useEffect(() => {
    const skeleton = setTimeout(() => setPhase('skeleton'), SKELETON_AFTER_MS)
    const words = setTimeout(() => setPhase('words'), WORDS_AFTER_MS)
    return () => {
      clearTimeout(skeleton)
      clearTimeout(words)
    }
  }, [])
  return (
    <div role="status" className={classes('flex flex-col gap-2 p-3', className)}>
      <span className={phase === 'words' ? 'text-t2' : 'sr-only'}>{label}…</span>
      {phase !== 'nothing' &&
        Array.from({ length: rows }, (_, row) => (
          <Skeleton key={row} className={row % 3 === 2 ? 'h-5 w-3/4' : 'h-5 w-full'} />
        ))}
    </div>
  )
}

type EmptyProps = { text: string; action?: ReactNode; className?: string }

export function Empty({ text, action, className }: EmptyProps) {
  return (
    <div
      className={classes(
        'flex flex-1 flex-col items-center justify-center gap-3 p-6 text-center text-t2',
        className,
      )}
    >
      <p>{text}</p>
      {action}
    </div>
  )
}

type FailedProps = { text: string; onRetry?: () => void; className?: string }

export function Failed({ text, onRetry, className }: FailedProps) {
  return (
    <div
      role="alert"
      className={classes(
        'flex flex-1 flex-col items-center justify-center gap-3 p-6 text-center text-t2',
        className,
      )}
    >
      <p>{text}</p>
      {onRetry && (
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}
