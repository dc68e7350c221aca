import { Link } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { twoFactorQuery } from '@/api/queries'
import { Notice } from '@/ui/Notice'

const CODES_FEW = 3

/** What only the person can mend. Nothing where nothing is. */
export function NeedsYou({ unpriced }: { unpriced: string[] }) {
  const { data: twoFactor } = useQuery(twoFactorQuery)
  const few = twoFactor?.enabled === true && twoFactor.recoveryCodesLeft <= CODES_FEW
  return (
    <>
      {twoFactor?.enabled === false && (
        <Notice tone="warn" title="Two-factor is off">
          Your password alone opens this account.{' '}
          <Link to="/security" className="text-accent underline">
            Switch it on
          </Link>
        </Notice>
      )}
      {few && (
        <Notice tone="warn" title="Few recovery codes left">
          {twoFactor.recoveryCodesLeft} of 10.{' '}
          <Link to="/security" className="text-accent underline">
            To two-factor
          </Link>
        </Notice>
      )}
      {unpriced.length > 0 && (
        <Notice tone="plain" title="Not everything is valued">
          {unpriced.join(', ')} has no price here and is not in the total.
        </Notice>
      )}
    </>
  )
}
