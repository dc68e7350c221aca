// Sets the colours before the first paint. A file of its own: the policy admits no inline script.
;(function () {
  var kept = {}
  try {
    kept = JSON.parse(localStorage.getItem('rialto.preferences') || '{}').state || {}
  } catch {
    // Unreadable preferences are the default ones.
  }
  var dark = matchMedia('(prefers-color-scheme: dark)').matches
  var theme = kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : dark ? 'dark' : 'light'
  document.documentElement.dataset.theme = theme
  document.documentElement.dataset.market = kept.marketColours || 'greenRed'
})()
