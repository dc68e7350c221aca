/** Acts that need a fresh proof of who sits here: asked for when the server asks for it. */
import { create } from 'zustand'
import { Problem } from './problem'

/** Somebody is asked for a proof. */
export type Asked = { proven: () => void; refused: () => void }
type StepUp = { asked: Asked | null }

export const useStepUp = create<StepUp>()(() => ({ asked: null }))

export class StepUpRefused extends Error {
  constructor() {
    super('Nothing was changed: it needs your password or a code.')
  }
}

/** Works; where the server wants a proof first, asks for it and works once more. */
export async function withProof<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'stepUpRequired') throw error
    await prove()
    return work()
  }
}

function prove(): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => () => {
      useStepUp.setState({ asked: null })
      finish()
    }
    const refused = done(() => reject(new StepUpRefused()))
    useStepUp.setState({ asked: { proven: done(resolve), refused } })
  })
}
