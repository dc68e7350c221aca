import { create } from 'zustand'

export type Toast = {
  /** What it is about: a later toast with the same key takes its place. */
  key: string
  tone: 'good' | 'bad' | 'plain'
  title: string
  detail?: string
}

/** What is shown at once. */
const SHOWN_MAX = 4
const SHOWN_FOR_MS = 4_000

type Toasts = { shown: Toast[]; show: (toast: Toast) => void; dismiss: (key: string) => void }

const timers = new Map<string, ReturnType<typeof setTimeout>>()

export const useToasts = create<Toasts>()((set, get) => ({
  shown: [],
  show(toast) {
    clearTimeout(timers.get(toast.key))
    timers.delete(toast.key)
    const others = get().shown.filter((other) => other.key !== toast.key)
    set({ shown: [...others, toast].slice(-SHOWN_MAX) })
    // An error stays until somebody has read it.
    if (toast.tone === 'bad') return
    timers.set(
      toast.key,
      setTimeout(() => get().dismiss(toast.key), SHOWN_FOR_MS),
    )
  },
  dismiss(key) {
    clearTimeout(timers.get(key))
    timers.delete(key)
    set({ shown: get().shown.filter((toast) => toast.key !== key) })
  },
}))

export function say(shown: Toast) {
  useToasts.getState().show(shown)
}
