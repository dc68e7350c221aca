import { useState } from 'react'
import { Problem, said } from './problem'

/** A form that is being sent: one request at a time, and what the server said of it. */
export function useSubmit() {
  const [pending, setPending] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [message, setMessage] = useState<string | null>(null)

  /** Whether it worked. */
  async function submit(work: () => Promise<unknown>): Promise<boolean> {
    setPending(true)
    setProblem(null)
    setMessage(null)
    try {
      await work()
      return true
    } catch (error) {
      setProblem(error instanceof Problem ? error : null)
      setMessage(said(error))
      return false
    } finally {
      setPending(false)
    }
  }

  return { pending, problem, message, submit }
}
