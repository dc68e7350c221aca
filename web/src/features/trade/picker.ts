import { create } from 'zustand'

export const usePicker = create<{ open: boolean }>()(() => ({ open: false }))

export function showPicker(open: boolean) {
  usePicker.setState({ open })
}
