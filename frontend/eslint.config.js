import { readdirSync } from 'node:fs'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const features = readdirSync('src/features')

/** app > features > ui, graphql, lib; no feature imports a sibling. */
const layers = [
  { files: ['src/lib/**'], forbidden: ['**/app/**', '**/features/**', '**/ui/**'] },
  { files: ['src/graphql/**'], forbidden: ['**/app/**', '**/features/**', '**/ui/**'] },
  { files: ['src/ui/**'], forbidden: ['**/app/**', '**/features/**', '**/graphql/**', '!**/graphql/types.generated'] },
  ...features.map((name) => ({
    files: [`src/features/${name}/**`],
    forbidden: ['**/app/**', ...features.filter((f) => f !== name).map((f) => `**/${f}/**`)],
  })),
]

/** urql shows the last answer until the next one is here, under the next question. */
const paths = [{ name: 'urql', importNames: ['useQuery'], message: 'Read with useReading of graphql/.' }]

export default tseslint.config(
  { ignores: ['dist', '**/*.generated.ts', 'test-results', 'playwright-report'] },
  ...tseslint.configs.recommended,
  hooks.configs.flat.recommended,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // These two speak to the React compiler, which we do not use.
      'react-hooks/incompatible-library': 'off',
      'react-hooks/preserve-manual-memoization': 'off',
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths }],
    },
  },
  ...layers.map(({ files, forbidden }) => ({
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths,
          patterns: [
            { group: forbidden, message: 'app > features > ui, graphql, lib: this import goes up or sideways.' },
          ],
        },
      ],
    },
  })),
  { files: ['src/graphql/useReading.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['src/test/**', 'e2e/**', '*.js', '*.cjs'],
    rules: { 'react-hooks/rules-of-hooks': 'off', 'no-console': 'off', '@typescript-eslint/no-require-imports': 'off' },
  },
)
