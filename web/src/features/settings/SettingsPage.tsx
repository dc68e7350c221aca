import { useId } from 'react'
import type { NumberStyle, Zone } from '@/ui/format'
import { Page, PageSection } from '@/ui/Page'
import { type MarketColours, prefer, type Theme, usePreferences } from '@/ui/preferences'
import { type Choice, Select } from '@/ui/Select'
import { Switch } from '@/ui/Toggles'

const THEMES: Choice<Theme>[] = [
  { value: 'system', label: 'As the system' },
  { value: 'dark', label: 'Dark' },
  { value: 'light', label: 'Light' },
]
const COLOURS: Choice<MarketColours>[] = [
  { value: 'greenRed', label: 'Green up, red down' },
  { value: 'redGreen', label: 'Red up, green down' },
  { value: 'blueOrange', label: 'Blue up, orange down' },
]
const NUMBERS: Choice<NumberStyle>[] = [
  { value: 'point', label: '67,412.50' },
  { value: 'comma', label: '67.412,50' },
  { value: 'space', label: '67\u202f412,50' },
]
const ZONES: Choice<Zone>[] = [
  { value: 'local', label: 'Local time' },
  { value: 'utc', label: 'UTC' },
]

export function SettingsPage() {
  const preferences = usePreferences()
  return (
    <Page title="Settings" intro="Kept in this browser.">
      <PageSection title="Look">
        <Choose
          label="Colours"
          value={preferences.theme}
          choices={THEMES}
          onChange={(theme) => prefer({ theme })}
        />
        <Choose
          label="Market colours"
          hint="Direction always has a sign, an arrow or a word beside its colour."
          value={preferences.marketColours}
          choices={COLOURS}
          onChange={(marketColours) => prefer({ marketColours })}
        />
        <p className="flex gap-6 font-medium">
          <span className="text-up">▲ +1.94% up</span>
          <span className="text-down">▼ −0.52% down</span>
        </p>
      </PageSection>
      <PageSection title="Numbers and times">
        <Choose
          label="Numbers"
          value={preferences.numbers}
          choices={NUMBERS}
          onChange={(numbers) => prefer({ numbers })}
        />
        <Choose
          label="Times"
          value={preferences.zone}
          choices={ZONES}
          onChange={(zone) => prefer({ zone })}
        />
      </PageSection>
      <PageSection title="Keyboard">
        <Switch
          label="Keys for trading: B, S, P, Q, 1–4, Shift X"
          checked={preferences.tradingKeys}
          onChange={(tradingKeys) => prefer({ tradingKeys })}
        />
        <p className="text-t3">The key ? lists all keys.</p>
      </PageSection>
    </Page>
  )
}

type ChooseProps<V extends string> = {
  label: string
  hint?: string
  value: V
  choices: Choice<V>[]
  onChange: (value: V) => void
}

function Choose<V extends string>({ label, hint, value, choices, onChange }: ChooseProps<V>) {
  const id = useId()
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <div>
        <p id={id} aria-hidden="true">
          {label}
        </p>
        {hint && <p className="text-xs text-t3">{hint}</p>}
      </div>
      <Select label={label} value={value} choices={choices} onChange={onChange} className="w-56" />
    </div>
  )
}
