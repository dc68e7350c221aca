import { Link, useNavigate } from '@tanstack/react-router'
import { register } from '@/api/auth'
import { AuthFrame } from './AuthFrame'
import { NewAccountForm } from './NewAccountForm'

export function RegisterPage() {
  const navigate = useNavigate()

  async function create(email: string, password: string) {
    await register(email, password)
    await navigate({ to: '/' })
  }

  return (
    <AuthFrame
      title="Create an account"
      foot={
        <>
          Have one already?{' '}
          <Link to="/sign-in" className="text-accent underline">
            Sign in
          </Link>
        </>
      }
    >
      <NewAccountForm action="Create account" onSubmit={create} />
    </AuthFrame>
  )
}
