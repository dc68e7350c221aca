import { type FormEvent, useState } from 'react'
import { changePassword } from '@/api/auth'
import { canEncrypt, passwordProblem } from '@/api/password'
import { withProof } from '@/api/stepUp'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { Notice } from '@/ui/Notice'
import { PageSection } from '@/ui/Page'
import { PasswordField } from '@/ui/PasswordField'

export function PasswordSection() {
  const [current, setCurrent] = useState('')
  const [wanted, setWanted] = useState('')
  const [tried, setTried] = useState(false)
  const [done, setDone] = useState(false)
  const { pending, problem, message, submit } = useSubmit()
  const weak = tried ? passwordProblem(wanted) : null

  async function onSubmit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    setDone(false)
    if (passwordProblem(wanted) !== null) return
    const worked = await submit(() => withProof(() => changePassword(current, wanted)))
    if (!worked) return
    setCurrent('')
    setWanted('')
    setTried(false)
    setDone(true)
  }

  return (
    <PageSection title="Password" intro="Changing it ends all your other sessions.">
      {!canEncrypt() && (
        <Notice tone="warn">This page cannot encrypt a password: open it over HTTPS.</Notice>
      )}
      {message && <Notice tone="bad">{message}</Notice>}
      {done && <Notice tone="good">Your password is changed.</Notice>}
      <form
        onSubmit={(event) => void onSubmit(event)}
        className="grid items-start gap-4 md:grid-cols-[1fr_1fr_auto]"
      >
        <PasswordField
          label="Current password"
          autoComplete="current-password"
          required
          value={current}
          error={problem?.of('currentPasswordEncrypted') ?? null}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <PasswordField
          label="New password"
          autoComplete="new-password"
          required
          value={wanted}
          error={weak ?? problem?.of('newPasswordEncrypted') ?? null}
          onChange={(event) => setWanted(event.target.value)}
        />
        <Button type="submit" look="solid" pending={pending} className="md:mt-7">
          Change password
        </Button>
      </form>
    </PageSection>
  )
}
