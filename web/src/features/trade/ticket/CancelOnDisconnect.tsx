import { useState } from 'react'
import { arm, disarm, useCancelAfter } from '@/api/cancelAfter'
import { said } from '@/api/problem'
import { useSession } from '@/api/session'
import { say } from '@/ui/toasts'
import { Switch } from '@/ui/Toggles'

export function CancelOnDisconnect() {
  const { armed, confirmed } = useCancelAfter()
  const signedIn = useSession(({ state }) => state === 'signedIn')
  /** What was asked for and is not answered yet. */
  const [asked, setAsked] = useState<boolean | null>(null)
  if (!signedIn) return null

  async function change(wanted: boolean) {
    setAsked(wanted)
    try {
      await (wanted ? arm() : disarm())
    } catch (error) {
      say({ key: 'cancelAfter', tone: 'bad', title: 'Could not switch it', detail: said(error) })
    } finally {
      setAsked(null)
    }
  }

  return (
    <div className="border-t border-line pt-2">
      <Switch
        label="Cancel on disconnect"
        checked={asked ?? armed}
        disabled={asked !== null}
        onChange={(wanted) => void change(wanted)}
      />
      <p className="text-2xs text-t3">
        All your open orders, in every market, are cancelled three minutes after the last page of
        this browser is gone, signed out, or cannot reach the exchange. A restart of the exchange
        forgets the timer until a page sets it again.
      </p>
      {armed && !confirmed && (
        <p role="status" className="text-2xs text-warn">
          Not confirmed: this page asks again until the exchange answers.
        </p>
      )}
    </div>
  )
}
