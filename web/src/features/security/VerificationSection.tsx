import { useSession } from '@/api/session'
import type { User } from '@/api/shapes'
import { Badge } from '@/ui/Marks'
import { PageSection } from '@/ui/Page'

type Standing = { tone: 'good' | 'warn' | 'bad'; word: string; means: string }

const STANDINGS: Record<User['kyc'], Standing> = {
  none: {
    tone: 'warn',
    word: 'Not verified',
    means: 'You trade as everybody does. API keys that move funds out are for verified people.',
  },
  pending: {
    tone: 'warn',
    word: 'Pending',
    means: 'The operator looks at it. Until then, API keys that move funds out are refused.',
  },
  approved: {
    tone: 'good',
    word: 'Verified',
    means: 'Nothing is refused to you for want of it.',
  },
  rejected: {
    tone: 'bad',
    word: 'Rejected',
    means: 'API keys that move funds out are refused. Ask the operator why.',
  },
}

/** How far the exchange knows who is signed in, which its operator says. */
export function VerificationSection() {
  const kyc = useSession(({ user }) => user?.kyc)
  if (kyc === undefined) return null
  const { tone, word, means } = STANDINGS[kyc]
  return (
    <PageSection
      title="Verification"
      intro="How far this exchange knows who you are. Its operator decides."
      aside={<Badge tone={tone}>{word}</Badge>}
    >
      <p className="text-t2">{means}</p>
    </PageSection>
  )
}
