import { create } from 'zustand'

/** What floats over every page and is opened by a key. */
export const useOverlays = create<{ menu: boolean; keyList: boolean }>()(() => ({
  menu: false,
  keyList: false,
}))

export function showMenu(menu: boolean) {
  useOverlays.setState({ menu })
}

export function showKeyList(keyList: boolean) {
  useOverlays.setState({ keyList })
}
