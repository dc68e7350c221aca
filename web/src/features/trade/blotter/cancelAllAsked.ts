import { create } from 'zustand'

/** Whether somebody is being asked to confirm; a key opens it too. */
export const useCancelAll = create<{ open: boolean }>()(() => ({ open: false }))

export function showCancelAll(open: boolean) {
  useCancelAll.setState({ open })
}
