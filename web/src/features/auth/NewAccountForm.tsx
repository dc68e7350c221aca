import { type FormEvent, useState } from 'react'
import { passwordProblem, PASSWORD_LETTERS_MIN } from '@/api/password'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { EmailField } from '@/ui/EmailField'
import { Notice } from '@/ui/Notice'
import { PasswordField } from '@/ui/PasswordField'

type NewAccountFormProps = {
  action: string
  onSubmit: (email: string, password: string) => Promise<void>
}

/** E-mail and a new password: for registration and for the owner's claim. */
export function NewAccountForm({ action, onSubmit }: NewAccountFormProps) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const { pending, problem, message, submit } = useSubmit()
  const weak = tried ? passwordProblem(password) : null
  const told = problem?.of('password') ?? problem?.of('passwordEncrypted') ?? null

  function send(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (passwordProblem(password) !== null) return
    void submit(() => onSubmit(email.trim(), password))
  }

  return (
    <form onSubmit={send} className="flex flex-col gap-4">
      {message && told === null && <Notice tone="bad">{message}</Notice>}
      <EmailField
        value={email}
        error={problem?.of('email') ?? null}
        onChange={(event) => setEmail(event.target.value)}
      />
      <PasswordField
        label="Password"
        name="new-password"
        autoComplete="new-password"
        required
        value={password}
        error={weak ?? told}
        hint={`At least ${PASSWORD_LETTERS_MIN} characters; a sentence is best.`}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" look="solid" size="large" pending={pending}>
        {action}
      </Button>
      <p className="text-xs text-t3">Your password is encrypted in this page before it is sent.</p>
    </form>
  )
}
