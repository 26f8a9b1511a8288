import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// Style is prettier's. What stands here finds mistakes, and keeps time, chance and the surroundings injected in packages/*/src.

const injected = 'It is injected: take it from the host (`clock`, `random`) or the configuration. Only packages/core/src/environment may.'

const restrictedGlobals = ['setTimeout', 'setInterval', 'setImmediate', 'performance'].map((name) => ({ name, message: injected }))

const restrictedProperties = [
  { object: 'Date', property: 'now', message: injected },
  { object: 'Math', property: 'random', message: injected },
  { object: 'performance', property: 'now', message: injected },
  { object: 'process', property: 'env', message: injected },
  { object: 'process', property: 'hrtime', message: injected },
  { object: 'crypto', property: 'randomUUID', message: injected },
  { object: 'crypto', property: 'getRandomValues', message: injected },
  { object: 'AbortSignal', property: 'timeout', message: injected },
  ...['setTimeout', 'setInterval', 'setImmediate'].map((property) => ({ object: 'globalThis', property, message: injected })),
]

const restrictedImports = {
  paths: [
    { name: 'node:crypto', importNames: ['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues'], message: injected },
    { name: 'node:timers', message: injected },
    { name: 'node:timers/promises', message: injected },
    { name: 'node:perf_hooks', message: injected },
    { name: 'node:process', importNames: ['env', 'exit'], message: injected },
  ],
}

const exit = { object: 'process', property: 'exit', message: 'Only the command line ends the process; elsewhere throw a BotError.' }

const restrictedSyntax = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: injected },
  {
    selector: 'ThrowStatement > NewExpression[callee.name=/^(Error|TypeError|RangeError)$/]',
    message: 'Throw a BotError with a code of packages/core/src/contract/errors.ts.',
  },
  {
    selector:
      "BinaryExpression[operator=/^[!=]==?$/][left.name=/(digest|signature|hmac)$/i]:not([right.name='undefined']):not([right.type='Literal'])",
    message: 'Compare digests and signatures with timingSafeEqual of node:crypto.',
  },
  {
    selector: "BinaryExpression[operator=/^[!=]==?$/] > CallExpression > MemberExpression[property.name='digest']",
    message: 'Compare digests and signatures with timingSafeEqual of node:crypto.',
  },
]

const correctness = {
  eqeqeq: 'error',
  'no-console': 'error',
  'no-eval': 'error',
  'no-new-func': 'error',
  // Cleaning what people and terminals send needs them.
  'no-control-regex': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true }],
}

const typed = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/no-base-to-string': 'error',
  '@typescript-eslint/no-deprecated': 'error',
  '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
  '@typescript-eslint/no-for-in-array': 'error',
  '@typescript-eslint/no-implied-eval': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  // Inside try, a promise returned without await escapes the catch.
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '**/fixtures/', '**/coverage/', 'examples/*/data/'] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: { ...correctness, ...typed },
  },
  {
    // What the one TypeScript program does not hold: plain JavaScript, and the browser's page.
    files: ['**/*.{js,mjs,cjs}', 'packages/backend-web/src/page/**'],
    ...tseslint.configs.disableTypeChecked,
    // TypeScript knows the globals; this linter would need a list of its own.
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-undef': 'off' },
  },
  {
    files: ['packages/*/src/**'],
    ignores: ['packages/core/src/environment/**', 'packages/backend-web/src/page/**'],
    rules: {
      'no-restricted-globals': ['error', ...restrictedGlobals],
      'no-restricted-properties': ['error', ...restrictedProperties, exit],
      'no-restricted-imports': ['error', restrictedImports],
      'no-restricted-syntax': ['error', ...restrictedSyntax],
    },
  },
  {
    // Group commit collects what one turn of the event loop brings.
    files: ['packages/core/src/store/sqlite*', 'packages/core/src/store/sqlite*/**'],
    rules: { 'no-restricted-globals': ['error', ...restrictedGlobals.filter(({ name }) => name !== 'setImmediate')] },
  },
  {
    files: ['packages/core/src/cli/**'],
    rules: { 'no-console': 'off', 'no-restricted-properties': ['error', ...restrictedProperties] },
  },
  { files: ['scripts/**', 'bench/**', 'examples/**', 'test/**', 'packages/*/test/**'], rules: { 'no-console': 'off' } },
)
