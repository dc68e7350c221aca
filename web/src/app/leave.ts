import { signOut } from '@/api/auth'
import { said } from '@/api/problem'
import { say } from '@/ui/toasts'

/** Signs out, and says so where the server did not hear of it. */
export async function leave() {
  await signOut().catch((error: unknown) =>
    say({
      key: 'leave',
      tone: 'bad',
      title: 'The server did not hear that you signed out',
      detail: `${said(error)} This page forgot you. The session ends by itself, or sign in and end it.`,
    }),
  )
}
