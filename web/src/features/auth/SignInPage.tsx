import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { signIn } from '@/api/auth'
import { Problem } from '@/api/problem'
import { useSession } from '@/api/session'
import { useSubmit } from '@/api/submit'
import { Button } from '@/ui/Button'
import { EmailField } from '@/ui/EmailField'
import { minutes } from '@/ui/format'
import { Notice } from '@/ui/Notice'
import { PasswordField } from '@/ui/PasswordField'
import { AuthFrame } from './AuthFrame'
import { CodeStep } from './CodeStep'

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' })
  const navigate = useNavigate()
  const signedIn = useSession(({ state }) => state === 'signedIn')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [step, setStep] = useState<'password' | 'code'>('password')

  useEffect(() => {
    if (signedIn) void navigate({ href: next ?? '/', replace: true })
  }, [signedIn, next, navigate])

  const proceed = () => setStep('code')
  return (
    <AuthFrame
      title={step === 'password' ? 'Sign in' : 'Two-factor code'}
      foot={
        <>
          New here?{' '}
          <Link to="/register" className="text-accent underline">
            Create an account
          </Link>{' '}
          or{' '}
          <Link
            to="/trade/$symbol"
            params={{ symbol: 'BTC-USDT' }}
            className="text-accent underline"
          >
            look at the market
          </Link>
        </>
      }
    >
      {step === 'password' ? (
        <PasswordStep {...{ email, setEmail, password, setPassword }} onTwoFactor={proceed} />
      ) : (
        <CodeStep
          onProof={(proof) => signIn(email, password, proof)}
          onBack={() => setStep('password')}
        />
      )}
    </AuthFrame>
  )
}

type PasswordStepProps = {
  email: string
  setEmail: (email: string) => void
  password: string
  setPassword: (password: string) => void
  onTwoFactor: () => void
}

function PasswordStep(props: PasswordStepProps) {
  const { email, setEmail, password, setPassword, onTwoFactor } = props
  const { pending, problem, message, submit } = useSubmit()
  const ended = useSession((session) => session.ended)
  const idleMs = useSession((session) => session.idleMs)

  function onSubmit(event: FormEvent) {
    event.preventDefault()
    void submit(async () => {
      try {
        await signIn(email.trim(), password, null)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'twoFactorRequired') throw error
        onTwoFactor()
      }
    })
  }

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {ended && <Notice tone="warn">{whySignedOut(ended, idleMs)}</Notice>}
      {message && <Notice tone="bad">{message}</Notice>}
      <EmailField
        value={email}
        error={problem?.of('email') ?? null}
        onChange={(event) => setEmail(event.target.value)}
      />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" look="solid" size="large" pending={pending}>
        Sign in
      </Button>
      <p className="text-xs text-t3">
        Your password is encrypted in this page before it is sent. Forgotten? The operator of this
        server can reset it.
      </p>
    </form>
  )
}

function whySignedOut(ended: 'idle' | 'elsewhere', idleMs: number): string {
  const why =
    ended === 'idle'
      ? `You were signed out after ${minutes(idleMs)} without activity.`
      : 'Your session has ended.'
  return `${why} What you had typed is kept.`
}
