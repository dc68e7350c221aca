import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './Button'

const SAID_FOR_MS = 2_000

/** Copies a text. Where the browser has no clipboard, the text beside it can be selected. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), SAID_FOR_MS)
    return () => clearTimeout(timer)
  }, [done])
  if (!navigator.clipboard) return null
  return (
    <Button
      size="small"
      aria-label={done ? 'Copied' : label}
      onClick={() => void navigator.clipboard.writeText(text).then(() => setDone(true))}
    >
      {done ? <Check aria-hidden="true" size={14} /> : <CopyIcon aria-hidden="true" size={14} />}
      {done ? 'Copied' : 'Copy'}
    </Button>
  )
}
