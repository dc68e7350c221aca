/** Keys that work on every page. Those of trading belong to the trade page. */
import { useEffect } from 'react'
import { typing } from '@/ui/typing'
import { showKeyList, showMenu } from './overlays'

export function useKeys() {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        showMenu(true)
      } else if (event.key === '?' && !typing(event.target)) {
        event.preventDefault()
        showKeyList(true)
      }
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}
