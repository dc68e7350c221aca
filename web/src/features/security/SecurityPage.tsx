import { useSession } from '@/api/session'
import { Page } from '@/ui/Page'
import { PasswordSection } from './PasswordSection'
import { SessionsSection } from './SessionsSection'
import { TwoFactorSection } from './TwoFactorSection'
import { VerificationSection } from './VerificationSection'

export function SecurityPage() {
  const email = useSession(({ user }) => user?.email)
  return (
    <Page title="Security" intro={email}>
      <TwoFactorSection />
      <PasswordSection />
      <SessionsSection />
      <VerificationSection />
    </Page>
  )
}
