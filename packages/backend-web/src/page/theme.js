// @ts-check

/** What the person chose; without a choice the system decides. @returns {'light' | 'dark'} */
export function currentTheme() {
  const chosen = document.documentElement.dataset['theme']
  if (chosen === 'light' || chosen === 'dark') return chosen
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function applyTheme() {
  const chosen = localStorage.getItem('bot-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen
}

export function switchTheme() {
  localStorage.setItem('bot-theme', currentTheme() === 'dark' ? 'light' : 'dark')
  applyTheme()
}
